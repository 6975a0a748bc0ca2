import { BudgetWindows, endOf } from '@postern/model';
import type { Budgets, Taken, Wish } from '@postern/model';
import type { Batch, BatchWish } from './budget-ledger.ts';

/** What a worker holds of one key in one window. */
interface Held {
  limit: number;
  own: number;
  /** What the primary had left when it was asked last; 0 is for good, for nothing comes back to it. */
  elsewhere: number;
}

/** Budgets of one of several workers: it takes from batches that the primary gives it, and waits only for a new one. */
export class BatchedBudgets implements Budgets {
  readonly #batch: (wish: BatchWish) => Promise<Batch>;
  readonly #held = new BudgetWindows<Held>();
  /**
   * Batches that are under way, by counter and key: whoever needs one waits for the same. Also one of a window that has ended
   * meanwhile: it may come out of the next, and two at a time would be more than lies idle by right.
   */
  readonly #asking = new Map<string, Promise<void>>();

  constructor(batch: (wish: BatchWish) => Promise<Batch>) {
    this.#batch = batch;
  }

  draw(counter: string, wish: Wish): Taken | Promise<Taken> {
    return this.#take(counter, wish) ?? this.#askAndTake(counter, wish);
  }

  /** Undefined: only the primary knows. */
  #take(counter: string, wish: Wish): Taken | undefined {
    const { window, amount } = wish;
    const now = this.#held.at(counter, wish);
    const held = now.of(wish.key, untold);
    if (held.limit !== wish.limit) {
      // A reload may have raised it: what was the end is none any more.
      held.limit = wish.limit;
      held.elsewhere = Number.POSITIVE_INFINITY;
    }
    const granted = held.own >= amount;
    if (!granted && held.elsewhere > 0) return undefined;
    if (granted) held.own -= amount;
    const elsewhere = Number.isFinite(held.elsewhere) ? held.elsewhere : 0;
    return { granted, remaining: held.own + elsewhere, resetAt: endOf(now.index, window) };
  }

  /** Rejects when the primary is gone: what may be taken is not known then. */
  async #askAndTake(counter: string, wish: Wish): Promise<Taken> {
    const name = `${counter} ${wish.key}`;
    for (;;) {
      let asking = this.#asking.get(name);
      if (asking === undefined) {
        asking = this.#ask(counter, wish).finally(() => this.#asking.delete(name));
        this.#asking.set(name, asking);
      }
      await asking;
      const taken = this.#take(counter, wish);
      if (taken !== undefined) return taken;
    }
  }

  async #ask(counter: string, wish: Wish): Promise<void> {
    const now = this.#held.at(counter, wish);
    const held = now.of(wish.key, untold);
    // A wish that came late counts to the window that counts by now, there as here.
    const moment = Math.max(wish.now, now.index * wish.window);
    const amount = wish.amount - held.own;
    const { index, granted, left } = await this.#batch({ ...wish, counter, amount, now: moment });
    // The window may have ended on the way: its batch ends with it, and that of the next is asked for.
    now.turn(index);
    const current = now.of(wish.key, untold);
    if (now.index !== index) return;
    current.limit = wish.limit;
    current.own += granted;
    current.elsewhere = left;
  }
}

/** Nobody has asked yet how much there is. */
function untold(): Held {
  return { limit: 0, own: 0, elsewhere: Number.POSITIVE_INFINITY };
}
