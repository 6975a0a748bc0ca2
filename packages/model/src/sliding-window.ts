import type { BudgetTerms } from './budget.ts';
import { wasSetBack } from './tally.ts';
import type { Tally } from './tally.ts';

/**
 * Takings that are remembered one by one, as parts of a window: those that came closer together are remembered as one. The more,
 * the sooner what was taken can be taken again, and the more memory a key has.
 */
const PARTS = 32;

/**
 * No more than `limit` in any span as long as a window. What was taken counts for a window from the last taking that is remembered
 * with it: at most one part longer than a window, never shorter.
 */
export class SlidingWindow implements Tally {
  readonly #window: number;
  readonly until = undefined;
  #at = Number.NEGATIVE_INFINITY;
  /** When the newest of the remembered began. */
  #began = Number.NEGATIVE_INFINITY;
  /** Of each, oldest first: its last moment, and how much. */
  readonly #last: number[] = [];
  readonly #taken: number[] = [];
  #sum = 0;

  constructor(window: number) {
    this.#window = window;
  }

  fits({ window, algorithm }: BudgetTerms): boolean {
    return window === this.#window && algorithm === 'sliding-window';
  }

  available({ limit }: BudgetTerms, now: number): number {
    if (now > this.#at) this.#at = now;
    else if (wasSetBack(this.#at, now)) this.#begin(now);
    while ((this.#last[0] ?? Number.POSITIVE_INFINITY) + this.#window <= this.#at) {
      this.#last.shift();
      this.#sum -= this.#taken.shift() ?? 0;
    }
    return Math.max(0, limit - this.#sum);
  }

  #begin(now: number): void {
    this.#at = now;
    this.#began = Number.NEGATIVE_INFINITY;
    this.#last.length = 0;
    this.#taken.length = 0;
    this.#sum = 0;
  }

  take(amount: number): void {
    const newest = this.#last.length - 1;
    if (newest >= 0 && (this.#at - this.#began) * PARTS < this.#window) {
      this.#last[newest] = this.#at;
      this.#taken[newest] = (this.#taken[newest] ?? 0) + amount;
    } else {
      this.#began = this.#at;
      this.#last.push(this.#at);
      this.#taken.push(amount);
    }
    this.#sum += amount;
  }

  availableAt({ limit }: BudgetTerms, amount: number): number {
    let free = limit - this.#sum;
    for (let at = 0; at < this.#last.length; at += 1) {
      if (free >= amount) break;
      free += this.#taken[at] ?? 0;
      if (free >= amount || at === this.#last.length - 1) return (this.#last[at] ?? this.#at) + this.#window;
    }
    return free >= amount ? this.#at : this.#at + this.#window;
  }
}
