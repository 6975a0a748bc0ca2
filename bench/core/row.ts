import type { Case } from './cases.ts';
import type { LoadReport } from './load.ts';
import type { Figure, Row } from './results.ts';
import { spreadOf } from './statistics.ts';

/** What a turn of a load came to. */
export interface Turn extends LoadReport {
  readonly cpu: number;
  readonly rss: number;
}

const MIB = 1024 * 1024;

/** The figures of a load, in the order of the tables. */
const FIGURES: readonly (readonly [string, string, (turn: Turn) => number])[] = [
  ['cpu', 'µs/request', ({ cpu }) => cpu],
  ['rate', 'requests/s', ({ perSecond }) => perSecond],
  ['p50', 'ms', ({ p50 }) => p50],
  ['p99', 'ms', ({ p99 }) => p99],
  ['rss', 'MiB', ({ rss }) => rss / MIB],
];

/** The row of a peer in a case, from all of its turns. */
export function rowOf(testCase: string, peer: string, turns: readonly Turn[]): Row {
  const figures = FIGURES.map(([name, unit, of]): [string, Figure] => [name, { unit, ...spreadOf(turns.map(of)) }]);
  return { case: testCase, peer, figures: Object.fromEntries(figures) };
}

/** Why a turn is worth nothing; undefined: it is good. A peer that drops requests would look fast. */
export function faultyTurn({ refused }: Pick<Case, 'refused'>, turn: LoadReport): string | undefined {
  if (turn.requests === 0) return 'no request was answered';
  if (turn.broken > 0) return `${turn.broken} connections broke or timed out, of ${turn.requests} requests`;
  // Where a request is cut off at the end of the load, its answer may be counted or not.
  const wrong = refused ? turn.requests - turn.refused : turn.refused;
  return wrong > 0 ? `${wrong} of ${turn.requests} answers had the wrong status` : undefined;
}
