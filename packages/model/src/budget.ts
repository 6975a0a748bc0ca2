/** How much may be taken: `limit` of each key in each window of time. */
export interface BudgetTerms {
  readonly limit: number;
  /** Milliseconds; windows begin at multiples of it since 1970, so that all processes agree on them. */
  readonly window: number;
}

/** What became of a wish to take. */
export interface Taken {
  readonly granted: boolean;
  /** What this process knows to be left of the window; other workers may hold more. */
  readonly remaining: number;
  /** Milliseconds since 1970 at which the next window begins. */
  readonly resetAt: number;
}

/** A wish to take from the budget of a key. */
export interface Wish extends BudgetTerms {
  readonly key: string;
  readonly amount: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** A budget of a policy, in one process or over all workers. Plugins take from it through the exchange. */
export interface Budget extends BudgetTerms {
  readonly name: string;
  /** For the gateway. A promise only where another process has to be asked. */
  draw(wish: Wish): Taken | Promise<Taken>;
}

/** What counts for all budgets of a process, by the name of the counter. */
export interface Budgets {
  draw(counter: string, wish: Wish): Taken | Promise<Taken>;
}

/** What a wish comes to against a budget from which nothing was taken: what rehearsals go by. */
export function untouched({ limit, window, amount, now }: Wish): Taken {
  const granted = amount <= limit;
  return { granted, remaining: granted ? limit - amount : limit, resetAt: endOf(Math.floor(now / window), window) };
}

/** When the window with that number ends. */
export function endOf(index: number, window: number): number {
  return (index + 1) * window;
}
