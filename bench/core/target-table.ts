import { columns, short } from './table.ts';
import type { Target, Verdict } from './targets.ts';

/** One row of cells for each target: what, measured, must, aim, verdict. */
function targetCells(verdicts: readonly Verdict[]): readonly (readonly string[])[] {
  return verdicts.map(({ target, value, said }) => [
    target.what,
    value === undefined ? '-' : `${short(value)} ${target.unit}`.trim(),
    bound(target.must),
    bound(target.aim),
    said,
  ]);
}

/** The targets as text. */
export function targetTable(verdicts: readonly Verdict[]): string {
  return columns([['target', 'measured', 'must', 'aim', ''], ...targetCells(verdicts)]);
}

function bound(limit: Target['must']): string {
  if (limit === undefined) return '-';
  return `${limit.kind === 'at most' ? '<=' : '>='} ${limit.value.toLocaleString('en-US')}`;
}
