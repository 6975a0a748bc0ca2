import type { BudgetTerms, Taken, Wish } from './budget.ts';

/** Milliseconds that no wish is late by: who lies further back than the last reads a clock that was set back. */
const LATEST = 300_000;

/**
 * What was taken by one key. Times are milliseconds since 1970; one that lies before the last counts as the last, unless the clock
 * was set back.
 */
export interface Tally {
  /** What may be taken at that moment: a whole number. */
  available(terms: BudgetTerms, now: number): number;
  /** Takes, at the moment that `available` was asked for last, no more than it said. */
  take(amount: number): void;
  /** The first moment at which there will be as much, if nobody takes; never before the one that was asked for last. */
  availableAt(terms: BudgetTerms, amount: number): number;
  /** What was taken counts before this moment only, even in this process; undefined: for as long as it lasts. */
  readonly until: number | undefined;
  /** False when it was made for another window or algorithm. */
  fits(terms: BudgetTerms): boolean;
}

/** Takes all of a wish or nothing. */
export function takeFrom(tally: Tally, { terms, amount, now }: Wish): Taken {
  const available = tally.available(terms, now);
  if (available < amount) return { granted: false, remaining: available, resetAt: tally.availableAt(terms, amount) };
  tally.take(amount);
  const remaining = available - amount;
  return { granted: true, remaining, resetAt: tally.availableAt(terms, remaining + 1) };
}

/** Whether the clock was set back since that moment: what it says now counts, or nothing would be granted until it is there again. */
export function wasSetBack(since: number, now: number): boolean {
  return now < since - LATEST;
}
