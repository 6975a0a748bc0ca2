import { Counters } from '@postern/engine';
import { tallyFor } from '@postern/model';
import type { Tally, Wish } from '@postern/model';

/** What a worker asks the primary for. */
export interface BatchWish extends Wish {
  readonly counter: string;
}

/** What a worker may take on its own. Times are milliseconds since 1970. */
export interface Batch {
  readonly granted: number;
  /** What the primary has left after it. */
  readonly left: number;
  /** When it has more: nobody needs to ask before that when nothing is left. */
  readonly moreAt: number;
  /** The batch is of no use from then on; absent: it is good for as long as it lasts. */
  readonly until?: number | undefined;
}

/** Batches of one limit, if they were all alike: the fewer, the less lies idle in other workers. */
const BATCHES = 10;

/** The most that one worker is given at a time: what may lie idle in each other worker. */
export function batchOf(limit: number, workers: number): number {
  return Math.max(1, Math.ceil(limit / (BATCHES * workers)));
}

/**
 * Owns the budgets of all workers: what is handed out counts as taken, so that never more than the limit is handed out, whatever
 * becomes of the workers. Batches get smaller with what is left.
 */
export class BudgetLedger {
  readonly #workers: number;
  readonly #tallies = new Counters<Tally>({ create: tallyFor, fits: (tally, terms) => tally.fits(terms) });

  constructor(workers: number) {
    this.#workers = workers;
  }

  batch({ counter, key, terms, amount, now }: BatchWish): Batch {
    const tally = this.#tallies.of(counter, key, terms);
    const available = tally.available(terms, now);
    const granted = Math.min(available, Math.max(amount, batchOf(available, this.#workers)));
    tally.take(granted);
    const left = available - granted;
    // For the rest of what was asked for, or for the next.
    const moreAt = tally.availableAt(terms, Math.max(left + 1, amount - granted));
    return { granted, left, moreAt, until: tally.until };
  }
}
