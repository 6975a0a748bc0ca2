import { Counters } from '@postern/engine';
import { wasSetBack } from '@postern/model';
import type { Budgets, BudgetTerms, Taken, Wish } from '@postern/model';
import type { Batch, BatchWish } from './budget-ledger.ts';

/** What a worker holds of one key. Times are milliseconds since 1970. */
interface Held {
  terms: BudgetTerms;
  own: number;
  /** What the primary had left when it was asked last; undefined: it was not asked. */
  elsewhere: number | undefined;
  askedAt: number;
  /** When the primary has more than that. */
  moreAt: number;
  /** What it holds is of no use from then on. */
  until: number;
}

/** Budgets of one of several workers: it takes from batches that the primary gives it, and waits only for a new one. */
export class BatchedBudgets implements Budgets {
  readonly #batch: (wish: BatchWish) => Promise<Batch>;
  readonly #held = new Counters<Held>({ create: nothing, fits: isFor });
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
  #take(counter: string, { key, terms, amount, now }: Wish): Taken | undefined {
    const held = this.#held.of(counter, key, terms);
    if (held.terms !== terms) adopt(held, terms);
    if (now >= held.until) empty(held);
    const granted = held.own >= amount;
    if (!granted && !isSpent(held, now)) return undefined;
    if (granted) held.own -= amount;
    return { granted, remaining: held.own + (held.elsewhere ?? 0), resetAt: Math.max(now, held.moreAt) };
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
    const { key, terms, now } = wish;
    const amount = wish.amount - this.#held.of(counter, key, terms).own;
    const batch = await this.#batch({ counter, key, terms, amount, now });
    const held = this.#held.of(counter, key, terms);
    const { granted, left, moreAt, until = Number.POSITIVE_INFINITY } = batch;
    // The window ended on the way: what is left of the one before ends with it.
    if (until !== held.until) held.own = 0;
    held.until = until;
    held.own += granted;
    held.elsewhere = left;
    held.askedAt = now;
    held.moreAt = moreAt;
  }
}

/** Nobody has asked yet how much there is. */
function nothing(terms: BudgetTerms): Held {
  return { terms, own: 0, elsewhere: undefined, askedAt: 0, moreAt: 0, until: Number.POSITIVE_INFINITY };
}

function isFor({ terms }: Held, { window, algorithm }: BudgetTerms): boolean {
  return terms.window === window && terms.algorithm === algorithm;
}

/** A reload may have raised the limit: what was the end is none any more. */
function adopt(held: Held, terms: BudgetTerms): void {
  const isSame = held.terms.limit === terms.limit && held.terms.burst === terms.burst;
  held.terms = terms;
  if (!isSame) held.elsewhere = undefined;
}

/** Another window has begun. */
function empty(held: Held): void {
  held.own = 0;
  held.elsewhere = undefined;
  held.until = Number.POSITIVE_INFINITY;
}

/** Whether there is nothing to ask for yet. */
function isSpent({ elsewhere, askedAt, moreAt }: Held, now: number): boolean {
  return elsewhere === 0 && now < moreAt && !wasSetBack(askedAt, now);
}
