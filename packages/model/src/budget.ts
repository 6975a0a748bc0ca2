/**
 * How a budget counts. `fixed-window`: so much in each window, which begin at multiples of their length since 1970. `sliding-window`: so
 * much in any span as long as a window. `token-bucket`: so much in a window on average, and `burst` at once.
 */
export type BudgetAlgorithm = 'fixed-window' | 'sliding-window' | 'token-bucket';

/** How much may be taken: `limit` of each key in each window of time. */
export interface BudgetTerms {
  readonly limit: number;
  /** Whole milliseconds. */
  readonly window: number;
  /** Default: `fixed-window`. Another algorithm, or another window, begins anew. */
  readonly algorithm?: BudgetAlgorithm;
  /** What may be taken at once after a rest, of a token bucket. Default: `limit`. */
  readonly burst?: number;
}

/** What became of a wish to take. */
export interface Taken {
  readonly granted: boolean;
  /** What this process knows to be left by now; other workers may hold more. */
  readonly remaining: number;
  /**
   * Milliseconds since 1970. Where nothing was granted: when as much will be, if nobody else takes. Else: when there is more than
   * `remaining` again.
   */
  readonly resetAt: number;
}

/** A wish to take from the budget of a key. */
export interface Wish {
  readonly terms: BudgetTerms;
  readonly key: string;
  readonly amount: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** A budget of a policy, in one process or over all workers. Plugins take from it through the exchange. */
export interface Budget {
  readonly name: string;
  /** Its name among all budgets of a gateway; a policy in shadow has others than the one that is enforced. */
  readonly counter: string;
  readonly terms: BudgetTerms;
  /** For the gateway. A promise only where another process has to be asked. */
  draw(wish: Wish): Taken | Promise<Taken>;
}

/** What counts for all budgets of a process, by the name of the counter. */
export interface Budgets {
  draw(counter: string, wish: Wish): Taken | Promise<Taken>;
}
