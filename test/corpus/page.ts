import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rowsSection, soakSection } from '../soak/page.ts';
import { readResults } from '../soak/results.ts';
import { badInputs } from './case.ts';
import type { BadInput } from './case.ts';
import { OPEN, OUR_CORS, TARGETS_MISSED } from './open.ts';

/** The page that the corpus keeps in step. */
const PAGE = new URL('../../docs/reliability.md', import.meta.url);

/** Where the figures of the last full soak run are kept. */
const RESULTS = fileURLToPath(new URL('../../docs/reliability', import.meta.url));

/** The sections of it that follow from the corpus, open.ts, the rows of faults and the kept figures, by name. */
export function sections(): Readonly<Record<string, string>> {
  const listed = (list: readonly { readonly id: string; readonly reason: string }[]): string =>
    ['| row | why |', '|---|---|', ...list.map(({ id, reason }) => `| ${id} | ${reason} |`)].join('\n');
  return {
    figures: figures(),
    exceptions: listed(OPEN.filter(({ kind }) => kind === 'exception')),
    failing: listed(OPEN.filter(({ kind }) => kind !== 'exception')),
    targets: listed(TARGETS_MISSED),
    cors: listed(OUR_CORS),
    soak: soakSection(readResults(RESULTS)),
    rows: rowsSection(),
  };
}

function figures(): string {
  const transports = ['raw-h1', 'h2', 'ws', 'upstream-h1', 'config'] as const;
  const row = (name: string, rows: readonly BadInput[]): string => {
    const open = rows.filter(({ id }) => OPEN.some((one) => one.id === id)).length;
    const missed = rows.filter(({ id }) => TARGETS_MISSED.some((one) => one.id === id)).length;
    const kinds = (kind: string): number =>
      OPEN.filter((one) => one.kind === kind && rows.some(({ id }) => id === one.id)).length;
    const must = rows.length - open;
    return `| ${name} | ${must} of ${rows.length} | ${must - missed} of ${rows.length} | ${kinds('failing')} | ${kinds('exception')} |`;
  };
  return [
    '| transport | `must` holds | `target` is met | fail | named exceptions |',
    '|---|---|---|---|---|',
    ...transports.map((name) =>
      row(
        name,
        badInputs.filter(({ transport }) => transport === name),
      ),
    ),
    row('all', badInputs),
  ].join('\n');
}

function between(name: string): RegExp {
  return new RegExp(`<!-- ${name} -->[^]*?<!-- end ${name} -->`);
}

/** Whether the page has a section as it is. */
export function hasSection(name: string, text: string): boolean {
  return between(name).exec(readFileSync(PAGE, 'utf8'))?.[0] === wrapped(name, text);
}

/** Writes a section anew. */
export function writeSection(name: string, text: string): void {
  writeFileSync(
    PAGE,
    readFileSync(PAGE, 'utf8').replace(between(name), () => wrapped(name, text)),
  );
}

function wrapped(name: string, text: string): string {
  return `<!-- ${name} -->\n\n${text}\n\n<!-- end ${name} -->`;
}
