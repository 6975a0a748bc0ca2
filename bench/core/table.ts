import type { Figure, Gap, Results, Row } from './results.ts';

/** Text in columns for a terminal or a pipe; numbers stand to the right. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  return rows
    .map((row) =>
      row
        .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A number with as many digits as it deserves: three of them, or all before the point. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (value === 0) return '0';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

/** The median, with the smallest and the largest where there is more than one. */
export function shown({ median, min, max }: Figure): string {
  return min === max ? short(median) : `${short(median)} (${short(min)}-${short(max)})`;
}

/** One case as text: a line for each peer, those that were not measured with the reason. */
export function caseTable(
  { name, what }: { readonly name: string; readonly what: string },
  { rows, gaps }: Pick<Results, 'rows' | 'gaps'>,
): string {
  const own = rows.filter((row) => row.case === name);
  const names = [...new Set(own.flatMap(({ figures }) => Object.keys(figures)))];
  const unit = (figure: string): string => own.find(({ figures }) => figure in figures)?.figures[figure]?.unit ?? '';
  const nginx = own.find(({ peer }) => peer === 'nginx');
  const head = ['', ...names.map((figure) => `${figure} ${unit(figure)}`.trim()), ...(nginx ? ['x nginx'] : [])];
  const lines = own.map((row) => [
    `  ${row.peer}`,
    ...names.map((figure) => (row.figures[figure] === undefined ? '-' : shown(row.figures[figure]))),
    ...(nginx ? [timesNginx(row, nginx)] : []),
  ]);
  const notes = own.flatMap(({ peer, note }) => (note === undefined ? [] : [`  ${peer}: ${note}`]));
  const missing = gaps.filter((gap) => gap.case === name).map(gapLine);
  return [`${name}: ${what}`, ...(own.length === 0 ? [] : [columns([head, ...lines])]), ...notes, ...missing].join(
    '\n',
  );
}

function timesNginx(row: Row, nginx: Row): string {
  return ((row.figures['cpu']?.median ?? Number.NaN) / (nginx.figures['cpu']?.median ?? Number.NaN)).toFixed(2);
}

function gapLine({ peer, kind, reason }: Gap): string {
  return `  ${peer}: ${kind === 'failed' ? 'FAILED' : kind}: ${reason}`;
}
