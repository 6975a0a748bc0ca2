// Sliding windows and token buckets: what holds of them in one process, and over workers (docs/workers.md has the bounds).
import { ExactBudgets } from '@postern/engine';
import type { BudgetTerms, Taken } from '@postern/model';
import { test } from 'tap';
import { BudgetLedger, batchOf } from '../src/workers/budget-ledger.ts';
import type { Batch, BatchWish } from '../src/workers/budget-ledger.ts';
import { BatchedBudgets } from '../src/workers/batched-budgets.ts';
import fc from '../../../test/kit/properties.ts';

const WINDOW = 960;
/** What is remembered together lies within this part of a window. */
const PART = WINDOW / 32;

/** What was granted, and when. */
interface Grant {
  readonly at: number;
  readonly amount: number;
}

const wishes = fc.array(
  fc.record({
    // Now and then a rest, now and then a burst.
    wait: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(80), fc.nat(2 * WINDOW)),
    amount: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 6 })),
    worker: fc.nat(3),
    turns: fc.nat(3),
  }),
  { maxLength: 200 },
);

/** The most of any span of that length. */
function mostWithin(grants: readonly Grant[], span: number): number {
  let [most, sum, first] = [0, 0, 0];
  for (const { at, amount } of grants) {
    sum += amount;
    while ((grants[first]?.at ?? at) <= at - span) sum -= grants[first++]?.amount ?? 0;
    most = Math.max(most, sum);
  }
  return most;
}

/** By how much the worst span is over `burst` and what fell into a bucket meanwhile. */
function overflow(grants: readonly Grant[], { limit, burst = limit }: BudgetTerms): number {
  let worst = -burst;
  for (let from = 0; from < grants.length; from += 1) {
    let sum = 0;
    for (let to = from; to < grants.length; to += 1) {
      sum += grants[to]?.amount ?? 0;
      const span = (grants[to]?.at ?? 0) - (grants[from]?.at ?? 0);
      worst = Math.max(worst, sum - burst - (limit * span) / WINDOW);
    }
  }
  return worst;
}

test('no span of a sliding window has more than the limit, and who is refused would have been over it but for one part', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), wishes, (limit, list) => {
      const budgets = new ExactBudgets();
      const terms = { limit, window: WINDOW, algorithm: 'sliding-window' } as const;
      const grants: Grant[] = [];
      let now = 1.8e12;
      for (const { wait, amount } of list) {
        now += wait;
        const taken = budgets.draw('c', { terms, key: 'k', amount, now });
        const since = (span: number): number =>
          grants.filter(({ at }) => at > now - span).reduce((sum, grant) => sum + grant.amount, 0);
        if (taken.granted) grants.push({ at: now, amount });
        else if (since(WINDOW + PART) + amount <= limit) throw new Error(`refused at ${now}`);
        if (!taken.granted && amount <= limit && (taken.resetAt <= now || taken.resetAt > now + WINDOW + PART))
          throw new Error(`come back at ${taken.resetAt - now}`);
      }
      if (mostWithin(grants, WINDOW) > limit) throw new Error(`${mostWithin(grants, WINDOW)} of ${limit}`);
    }),
    { numRuns: 500 },
  );
});

test('a token bucket grants exactly what is in it: no span more, nobody is refused too early, and resetAt is when', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), wishes, (limit, burst, list) => {
      const budgets = new ExactBudgets();
      const terms = { limit, window: WINDOW, burst, algorithm: 'token-bucket' } as const;
      const grants: Grant[] = [];
      // In whole numbers: parts of a token.
      let parts = BigInt(burst * WINDOW);
      let now = 1.8e12;
      for (const { wait, amount } of list) {
        now += wait;
        parts += BigInt(wait * limit);
        if (parts > burst * WINDOW) parts = BigInt(burst * WINDOW);
        const taken = budgets.draw('c', { terms, key: 'k', amount, now });
        if (taken.granted !== parts >= amount * WINDOW) throw new Error(`${taken.granted} at ${now}`);
        if (taken.granted) {
          parts -= BigInt(amount * WINDOW);
          grants.push({ at: now, amount });
        } else if (amount <= burst) {
          const missing = BigInt(amount * WINDOW) - parts;
          const waits = BigInt(taken.resetAt - now) * BigInt(limit);
          if (waits < missing || waits >= missing + BigInt(limit)) throw new Error(`come back at ${taken.resetAt}`);
        }
        if (taken.remaining !== Number(parts / BigInt(WINDOW))) throw new Error(`${taken.remaining} left`);
      }
      if (overflow(grants, terms) > 0) throw new Error(`${overflow(grants, terms)} too many`);
    }),
    { numRuns: 500 },
  );
});

/** Runs wishes over workers; grants count at the moment of the wish, or when their batch was handed out where that is later. */
async function playOver(
  terms: BudgetTerms,
  list: readonly { readonly wait: number; readonly worker: number; readonly turns: number }[],
  count: number,
): Promise<{ readonly grants: readonly Grant[]; readonly drain: (worker: number, now: number) => Promise<number> }> {
  const ledger = new BudgetLedger(count);
  let step = 0;
  /** When the last batch of each worker was handed out. */
  const handed = Array.from({ length: count }, () => 0);
  const batchFor =
    (worker: number) =>
    async (wanted: BatchWish): Promise<Batch> => {
      // At least one: as from another process, it never comes in the middle of anything.
      for (let left = list[step++ % Math.max(1, list.length)]?.turns ?? 0; left >= 0; left -= 1)
        await new Promise(setImmediate);
      handed[worker] = Math.max(handed[worker] ?? 0, wanted.now);
      return ledger.batch(wanted);
    };
  const workers = Array.from({ length: count }, (_, worker) => new BatchedBudgets(batchFor(worker)));
  const grants: Grant[] = [];
  const note = ({ granted }: Taken, at: number): boolean => {
    if (granted) grants.push({ at, amount: 1 });
    return granted;
  };
  const draw = async (worker: number, now: number): Promise<boolean> => {
    const taken = await workers[worker % count]?.draw('c', { terms, key: 'k', amount: 1, now });
    return taken !== undefined && note(taken, Math.max(now, handed[worker % count] ?? 0));
  };
  let now = 1.8e12;
  const running: Promise<boolean>[] = [];
  for (const { wait, worker, turns } of list) {
    now += wait;
    running.push(draw(worker, now));
    // Now and then somebody waits, so that not all are under way at once.
    if (turns === 0) await Promise.all(running);
  }
  await Promise.all(running);
  const drain = async (worker: number, at: number): Promise<number> => {
    let drained = 0;
    while (await draw(worker, at)) drained += 1;
    return drained;
  };
  return { grants: grants.toSorted((one, other) => one.at - other.at), drain };
}

for (const algorithm of ['sliding-window', 'token-bucket'] as const)
  test(`${algorithm}: whatever the order, workers grant at most what idles in batches more, and at most what idles less`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          count: fc.integer({ min: 1, max: 4 }),
          limit: fc.integer({ min: 1, max: 120 }),
          list: wishes,
          last: fc.nat(3),
        }),
        async ({ count, limit, list, last }) => {
          const terms = { limit, window: WINDOW, algorithm };
          const { grants, drain } = await playOver(terms, list, count);
          const idle = batchOf(limit, count) - 1;
          const over = algorithm === 'sliding-window' ? mostWithin(grants, WINDOW) - limit : overflow(grants, terms);
          if (over > count * idle) throw new Error(`${over} over ${limit}, at most ${count * idle}`);
          // After a rest one worker gets all but what idles in the others.
          const left = await drain(last, 1.8e12 + 1000 * WINDOW);
          if (left < limit - (count - 1) * idle) throw new Error(`${left} of ${limit}`);
        },
      ),
      { numRuns: 120 },
    );
  });

test('a worker that is told that nothing is left asks again when there is more, and not before', async (t) => {
  const ledger = new BudgetLedger(2);
  let asked = 0;
  const budgets = new BatchedBudgets(async (wanted) => {
    asked += 1;
    return ledger.batch(wanted);
  });
  const terms = { limit: 10, window: 1000, burst: 1, algorithm: 'token-bucket' } as const;
  const draw = async (now: number): Promise<Taken> => budgets.draw('c', { terms, key: 'k', amount: 1, now });
  t.match(await draw(0), { granted: true });
  t.match(await draw(0), { granted: false, remaining: 0, resetAt: 100 });
  for (let times = 0; times < 100; times += 1) t.match(await draw(99), { granted: false, resetAt: 100 });
  t.ok(asked <= 2, `${asked} asked`);
  t.match(await draw(100), { granted: true });
});
