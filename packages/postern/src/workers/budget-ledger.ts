import { BudgetWindows } from '@postern/model';
import type { Wish } from '@postern/model';

/** What a worker asks the primary for. */
export interface LeaseWish extends Wish {
  readonly counter: string;
}

/** What a worker may take on its own. */
export interface Lease {
  /** Number of the window that it is for. */
  readonly index: number;
  readonly granted: number;
  /** What the primary has left after it. */
  readonly left: number;
}

/** Leases of all workers together for one limit, if they were all alike: the fewer, the less lies idle in other workers. */
const LEASES = 10;

/** The most that one worker is leased at a time: what may lie idle in each other worker at the end of a window. */
export function batchOf(limit: number, workers: number): number {
  return Math.max(1, Math.ceil(limit / (LEASES * workers)));
}

/**
 * Owns the budgets of all workers: what is leased counts as taken, so that never more than the limit is granted, whatever
 * becomes of the workers. Leases get smaller with what is left.
 */
export class BudgetLedger {
  readonly #workers: number;
  readonly #leased = new BudgetWindows<{ leased: number }>();

  constructor(workers: number) {
    this.#workers = workers;
  }

  lease({ counter, ...wish }: LeaseWish): Lease {
    const { key, limit, amount } = wish;
    const now = this.#leased.at(counter, wish);
    const state = now.of(key, () => ({ leased: 0 }));
    const left = Math.max(0, limit - state.leased);
    const granted = Math.min(left, Math.max(amount, batchOf(left, this.#workers)));
    state.leased += granted;
    return { index: now.index, granted, left: left - granted };
  }
}
