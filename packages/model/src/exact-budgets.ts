import { BudgetWindows } from './budget-window.ts';
import { endOf } from './budget.ts';
import type { Budgets, Taken, Wish } from './budget.ts';

/** Budgets of one process: exact, and never a promise. */
export class ExactBudgets implements Budgets {
  readonly #used = new BudgetWindows<{ used: number }>();

  draw(counter: string, wish: Wish): Taken {
    const { limit, amount, window } = wish;
    const now = this.#used.at(counter, wish);
    const state = now.of(wish.key, () => ({ used: 0 }));
    const granted = state.used + amount <= limit;
    if (granted) state.used += amount;
    return { granted, remaining: Math.max(0, limit - state.used), resetAt: endOf(now.index, window) };
  }
}
