import { takeFrom, tallyFor } from '@postern/model';
import type { Budgets, Tally, Taken, Wish } from '@postern/model';
import { Counters } from './counters.ts';

/** Budgets of one process: exact, and never a promise. */
export class ExactBudgets implements Budgets {
  readonly #tallies = new Counters<Tally>({ create: tallyFor, fits: (tally, terms) => tally.fits(terms) });

  draw(counter: string, wish: Wish): Taken {
    return takeFrom(this.#tallies.of(counter, wish.key, wish.terms), wish);
  }
}
