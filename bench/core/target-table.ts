import { columns, short } from './table.ts';
import type { Target, Verdict } from './targets.ts';

/** The cells of a target: what, measured, must, aim, verdict. */
export function targetCells({ target, value, said }: Verdict): readonly string[] {
  return [
    target.what,
    value === undefined ? '-' : `${short(value)} ${target.unit}`.trim(),
    bound(target.must),
    bound(target.aim),
    said,
  ];
}

/** The targets as text. */
export function targetTable(verdicts: readonly Verdict[]): string {
  return columns([['target', 'measured', 'must', 'aim', ''], ...verdicts.map(targetCells)]);
}

function bound(limit: Target['must']): string {
  if (limit === undefined) return '-';
  return `${limit.kind === 'at most' ? '≤' : '≥'} ${limit.value.toLocaleString('en-US')}`;
}
