import type { BudgetTerms } from './budget.ts';
import { wasSetBack } from './tally.ts';
import type { Tally } from './tally.ts';

/** So much in each window; windows begin at multiples of their length since 1970, so that all processes agree on them. */
export class FixedWindow implements Tally {
  readonly #window: number;
  #index = Number.NEGATIVE_INFINITY;
  #used = 0;

  constructor(window: number) {
    this.#window = window;
  }

  get until(): number {
    return (this.#index + 1) * this.#window;
  }

  fits({ window, algorithm = 'fixed-window' }: BudgetTerms): boolean {
    return window === this.#window && algorithm === 'fixed-window';
  }

  available({ limit }: BudgetTerms, now: number): number {
    const index = Math.floor(now / this.#window);
    // What came late must not open an older window again.
    if (index > this.#index || wasSetBack(this.#index * this.#window, now)) {
      this.#index = index;
      this.#used = 0;
    }
    return Math.max(0, limit - this.#used);
  }

  take(amount: number): void {
    this.#used += amount;
  }

  availableAt(): number {
    return this.until;
  }
}
