import type { BudgetTerms } from './budget.ts';
import { wasSetBack } from './tally.ts';
import type { Tally } from './tally.ts';

/**
 * A bucket of `burst` tokens into which `limit` of them fall in a window, evenly. In any span of time no more is taken than `burst`
 * and what fell into it meanwhile.
 *
 * It is counted in parts of a token, as many as a window has milliseconds: of those `limit` fall in each millisecond, a whole
 * number, so that nothing is lost to rounding.
 */
export class TokenBucket implements Tally {
  readonly #window: number;
  readonly until = undefined;
  #parts = Number.POSITIVE_INFINITY;
  #at = Number.NEGATIVE_INFINITY;

  constructor(window: number) {
    this.#window = window;
  }

  fits({ window, algorithm }: BudgetTerms): boolean {
    return window === this.#window && algorithm === 'token-bucket';
  }

  available({ limit, burst = limit }: BudgetTerms, now: number): number {
    const full = burst * this.#window;
    if (now > this.#at) {
      this.#parts += (now - this.#at) * limit;
      this.#at = now;
    } else if (wasSetBack(this.#at, now)) this.#at = now;
    // Not one addition for all: a bucket that was never used holds more than any.
    if (!(this.#parts < full)) this.#parts = full;
    return Math.floor(this.#parts / this.#window);
  }

  take(amount: number): void {
    this.#parts -= amount * this.#window;
  }

  availableAt({ limit, burst = limit }: BudgetTerms, amount: number): number {
    // More than ever fits in: once it is full nothing more comes.
    const missing = Math.min(amount, burst) * this.#window - this.#parts;
    return missing <= 0 ? this.#at : this.#at + (limit === 0 ? this.#window : Math.ceil(missing / limit));
  }
}
