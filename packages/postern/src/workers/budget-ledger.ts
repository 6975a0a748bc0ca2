import { BudgetWindows } from '@postern/model';
import type { Wish } from '@postern/model';

/** What a worker asks the primary for. */
export interface BatchWish extends Wish {
  readonly counter: string;
}

/** What a worker may take on its own. */
export interface Batch {
  /** Number of the window that it is for. */
  readonly index: number;
  readonly granted: number;
  /** What the primary has left after it. */
  readonly left: number;
}

/** Batches of one limit, if they were all alike: the fewer, the less lies idle in other workers. */
const BATCHES = 10;

/** The most that one worker is given at a time: what may lie idle in each other worker at the end of a window. */
export function batchOf(limit: number, workers: number): number {
  return Math.max(1, Math.ceil(limit / (BATCHES * workers)));
}

/**
 * Owns the budgets of all workers: what is handed out counts as taken, so that never more than the limit is granted, whatever
 * becomes of the workers. Batches get smaller with what is left.
 */
export class BudgetLedger {
  readonly #workers: number;
  readonly #windows = new BudgetWindows<{ handedOut: number }>();

  constructor(workers: number) {
    this.#workers = workers;
  }

  batch({ counter, ...wish }: BatchWish): Batch {
    const { key, limit, amount } = wish;
    const now = this.#windows.at(counter, wish);
    const state = now.of(key, () => ({ handedOut: 0 }));
    const left = Math.max(0, limit - state.handedOut);
    const granted = Math.min(left, Math.max(amount, batchOf(left, this.#workers)));
    state.handedOut += granted;
    return { index: now.index, granted, left: left - granted };
  }
}
