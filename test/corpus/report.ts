import type { Test } from 'tap';
import { OPEN, TARGETS_MISSED } from './open.ts';
import type { Outcome } from './run-case.ts';

/** One assertion named by the row: its `must` holds unless open.ts says otherwise, and its `target` as open.ts says. */
export function assertOutcome(t: Test, { row, must, target }: Outcome): void {
  const open = OPEN.find(({ id }) => id === row.id);
  if (open !== undefined) {
    t.not(must.length, 0, `${row.id} is open, ${open.reason}: once it holds its line in open.ts goes`);
    return;
  }
  const missed = TARGETS_MISSED.some(({ id }) => id === row.id);
  const problems = must.map((problem) => `must: ${problem}`);
  if (!missed) problems.push(...target.filter((one) => !must.includes(one)).map((problem) => `target: ${problem}`));
  else if (target.length === 0) problems.push('target: it is met, so its line in open.ts goes');
  t.same(problems, [], row.id);
}

/** Says how many of how many. */
export function sayFigures(t: Test, name: string, outcomes: readonly Outcome[]): void {
  const of = (wanted: 'must' | 'target'): string =>
    `${outcomes.filter((one) => one[wanted].length === 0).length} of ${outcomes.length}`;
  t.comment(`${name}: must ${of('must')}, target ${of('target')}`);
  const slowest = [...outcomes].sort((one, other) => other.time - one.time).slice(0, 8);
  t.comment(`slowest: ${slowest.map(({ row, time }) => `${row.id} ${(time / 1000).toFixed(1)} s`).join(', ')}`);
  for (const { row, must, target } of outcomes)
    if (target.length > 0) t.comment(`${row.id}: must ${JSON.stringify(must)}, target ${JSON.stringify(target)}`);
}
