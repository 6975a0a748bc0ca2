import type { BudgetTerms } from '@postern/model';
import { LRUCache } from 'lru-cache';

/** Keys of one counter that are remembered: clients choose them. Over that the one that was not asked for longest begins anew. */
const MOST_KEYS = 100_000;

/** How the state of one key is made, and whether it is still of use under other terms. */
interface Kept<State> {
  create(terms: BudgetTerms): State;
  fits(state: State, terms: BudgetTerms): boolean;
}

/** What is kept for the keys of counters, by the name of the counter. */
export class Counters<State extends object> {
  readonly #kept: Kept<State>;
  readonly #counters = new Map<string, LRUCache<string, State>>();

  constructor(kept: Kept<State>) {
    this.#kept = kept;
  }

  /** What is kept for a key; made now when nothing is, or nothing of use. */
  of(counter: string, key: string, terms: BudgetTerms): State {
    const states = this.#counters.get(counter) ?? this.#begin(counter);
    const known = states.get(key);
    if (known !== undefined && this.#kept.fits(known, terms)) return known;
    const state = this.#kept.create(terms);
    // A copy: what stands in a request may be a piece of its whole head, which would be kept along.
    states.set(` ${key}`.slice(1), state);
    return state;
  }

  #begin(counter: string): LRUCache<string, State> {
    // Not `max`, which makes room for all of them at once: most counters have few keys.
    const states = new LRUCache<string, State>({ maxSize: MOST_KEYS, sizeCalculation: () => 1 });
    this.#counters.set(counter, states);
    return states;
  }
}
