import type { Budget, Taken, Wish } from '@postern/kit';
import type { StoreLink } from './store-link.ts';

/** What a store says, or that it said nothing. */
export interface StoreTaken extends Taken {
  /** True: it is not known whether there is anything left. */
  readonly unknown?: true;
}

/** Where a budget is counted. */
export interface RedisStore {
  readonly link: Pick<StoreLink, 'take'>;
  readonly prefix: string;
  /** Milliseconds. */
  readonly timeout: number;
  failed(reason: string, now: number): void;
}

/**
 * A budget that is counted in Redis, by its clock. The exchange takes from it as from any: what it said is kept with the decision,
 * and a replay asks nobody. Never rejects.
 */
export function redisBudget(budget: Budget, store: RedisStore): Budget {
  const { link, prefix, timeout } = store;
  const { terms, counter } = budget;
  const { algorithm = 'fixed-window', limit, window, burst = limit } = terms;
  // Another algorithm or window begins anew: what it keeps is of another form.
  const begins = `${prefix}${counter}:${algorithm}:${window}:`;
  return {
    ...budget,
    async draw({ key, amount, now }: Wish): Promise<StoreTaken> {
      try {
        const words = [algorithm, limit, window, burst, amount] as const;
        const [granted, remaining, wait] = toFigures(await link.take({ key: begins + key, words, timeout }));
        return { granted: granted === 1, remaining, resetAt: now + wait };
      } catch (error) {
        store.failed(error instanceof Error ? error.message : String(error), now);
        return { granted: false, remaining: 0, resetAt: now, unknown: true };
      }
    },
  };
}

function toFigures(said: unknown): readonly [number, number, number] {
  const list: readonly unknown[] = Array.isArray(said) ? said : [];
  const [granted, remaining, wait] = list;
  if (typeof granted === 'number' && typeof remaining === 'number' && typeof wait === 'number')
    return [granted, remaining, wait];
  throw new Error('it answered something else than three figures');
}
