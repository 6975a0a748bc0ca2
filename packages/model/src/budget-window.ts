/** Keys of one window that are remembered: clients choose them. Over that the oldest begins anew. */
const MOST_KEYS = 100_000;

/** What is kept for the keys of one counter in one window of time; it is forgotten when the next one begins. */
export class BudgetWindow<State> {
  #index = 0;
  #states = new Map<string, State>();

  /** Number of the window that counts. */
  get index(): number {
    return this.#index;
  }

  /** Goes on to a window; an older one than this counts to this: what came late must not open it again. */
  turn(index: number): void {
    if (index <= this.#index) return;
    this.#index = index;
    this.#states = new Map();
  }

  /** What is kept for a key; made now when nothing is. */
  of(key: string, create: () => State): State {
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const state = create();
    this.#states.set(key, state);
    const [oldest] = this.#states.keys();
    if (oldest !== undefined && this.#states.size > MOST_KEYS) this.#states.delete(oldest);
    return state;
  }
}

/** One window for each counter, by name. */
export class BudgetWindows<State> {
  readonly #windows = new Map<string, BudgetWindow<State>>();

  /** The window of a counter, turned to that moment. */
  at(counter: string, { now, window }: { readonly now: number; readonly window: number }): BudgetWindow<State> {
    let found = this.#windows.get(counter);
    if (found === undefined) this.#windows.set(counter, (found = new BudgetWindow()));
    found.turn(Math.floor(now / window));
    return found;
  }
}
