import { CASES } from './cases.ts';
import { OWN_CASES } from './own.ts';
import type { Results, Row } from './results.ts';
import { short, shown } from './table.ts';
import { targetCells } from './target-table.ts';
import { judge } from './targets.ts';
import { TITLES } from './titles.ts';

const [BEGIN, END] = ['<!-- generated: bench -->', '<!-- end -->'];

/** Puts what a run found between the marks of a page, in place of what stands there. */
export function withResults(page: string, results: Results): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END, begin);
  if (begin < 0 || end < 0) throw new Error(`the page has no ${BEGIN} with ${END} behind it`);
  return `${page.slice(0, begin)}${BEGIN}\n\n${section(results)}\n${page.slice(end)}`;
}

function section(results: Results): string {
  const { date, machine, method, versions, absent } = results;
  const { cores, model, memory, system, load } = machine;
  const cases = [...CASES, ...OWN_CASES].filter(({ name }) => mentions(results, name));
  return `${date}: ${cores} cores (${escaped(model)}), ${memory}, ${system}, load average ${load} before it began. ${method}.

![What a request costs each gateway: processor time, by case](performance/cost.svg)

### Targets

${table(['target', 'measured', 'must', 'aim', ''], judge(results).map(targetCells))}

### Cases

${cases.map((one) => caseSection(one, results)).join('\n')}
### Versions

${Object.entries(versions)
  .map(([name, version]) => `- ${name} ${version}\n`)
  .join('')}${Object.entries(absent)
    .map(([name, missing]) => `- ${name}: absent: ${missing}\n`)
    .join('')}`;
}

function mentions({ rows, gaps }: Results, name: string): boolean {
  return rows.some((row) => row.case === name) || gaps.some((gap) => gap.case === name);
}

function caseSection({ name, what }: { readonly name: string; readonly what: string }, results: Results): string {
  const rows = results.rows.filter((row) => row.case === name);
  const parts = [`**${name}**: ${what}`];
  // One peer has a line for each figure; several have a line each.
  if (rows.some(({ peer }) => peer !== 'postern')) parts.push(peerTable(rows));
  else for (const row of rows) parts.push(figureTable(row));
  const notes = rows.flatMap(({ note }) => (note === undefined ? [] : [`${note}.`]));
  const gaps = results.gaps
    .filter((gap) => gap.case === name)
    .map(({ peer, kind, reason }) => `- ${TITLES[peer] ?? peer}: ${kind}: ${escaped(reason)}`);
  return [...parts, ...notes, ...(gaps.length === 0 ? [] : [gaps.join('\n')])].map((part) => `${part}\n`).join('\n');
}

function peerTable(rows: readonly Row[]): string {
  const names = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))];
  const unit = (name: string): string => rows.find(({ figures }) => name in figures)?.figures[name]?.unit ?? '';
  const nginx = rows.find(({ peer }) => peer === 'nginx')?.figures['cpu']?.median;
  return table(
    ['', ...names.map((name) => `${name}, ${unit(name)}`), 'CPU x nginx'],
    rows.map(({ peer, figures }) => [
      TITLES[peer] ?? peer,
      ...names.map((name) => (figures[name] === undefined ? '-' : shown(figures[name]))),
      nginx === undefined ? '-' : short((figures['cpu']?.median ?? Number.NaN) / nginx),
    ]),
  );
}

function figureTable({ figures }: Row): string {
  return table(
    ['', 'Postern'],
    Object.entries(figures).map(([name, figure]) => [name, `${shown(figure)} ${figure.unit}`.trim()]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(escaped).join(' | ')} |`).join('\n');
}

/** Reasons hold what programs say. */
function escaped(value: string): string {
  return value.replaceAll('|', String.raw`\|`).replaceAll('<', '&lt;');
}
