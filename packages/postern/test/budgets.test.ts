// Budgets over workers: never more than the limit, and no more than a batch for each other worker less.
import { ExactBudgets } from '@postern/engine';
import type { Taken } from '@postern/model';
import { test } from 'tap';
import { BudgetLedger, batchOf } from '../src/workers/budget-ledger.ts';
import type { Batch, BatchWish } from '../src/workers/budget-ledger.ts';
import { BatchedBudgets } from '../src/workers/batched-budgets.ts';
import fc from '../../../test/kit/properties.ts';

const WINDOW = 1000;
const wish = ({ limit = 5, window = WINDOW, key = 'k', amount = 1, now = 0 } = {}) => ({
  terms: { limit, window },
  key,
  amount,
  now,
});

/** Workers around one ledger; a batch takes as many turns of the event loop as `turns` says. */
function workersOf(count: number, turns: () => number = () => 1) {
  const ledger = new BudgetLedger(count);
  const asked: BatchWish[] = [];
  const batch = async (wanted: BatchWish): Promise<Batch> => {
    asked.push(wanted);
    for (let left = turns(); left > 0; left -= 1) await new Promise(setImmediate);
    return ledger.batch(wanted);
  };
  return { asked, workers: Array.from({ length: count }, () => new BatchedBudgets(batch)) };
}

test('one process counts exactly, for each counter, key and window, and at once', async (t) => {
  const budgets = new ExactBudgets();
  const taken = Array.from({ length: 7 }, () => budgets.draw('c', wish()));
  t.same(
    taken.map(({ granted, remaining }) => [granted, remaining]),
    [...[4, 3, 2, 1, 0].map((left) => [true, left]), [false, 0], [false, 0]],
  );
  t.equal(taken[0]?.resetAt, WINDOW);
  t.equal(budgets.draw('c', wish({ key: 'other' })).granted, true);
  t.equal(budgets.draw('d', wish()).granted, true);
  t.match(budgets.draw('c', wish({ now: WINDOW })), { granted: true, remaining: 4, resetAt: 2 * WINDOW });
  t.match(budgets.draw('c', wish({ now: 5, amount: 5 })), { granted: false }, 'what came late opens no window again');
  t.match(budgets.draw('c', wish({ now: WINDOW, amount: 5 })), { granted: false, remaining: 4 }, 'all or nothing');
  t.match(budgets.draw('c', wish({ now: WINDOW, amount: 5, limit: 6 })), { granted: true, remaining: 0 });
});

test('one process forgets the one that was not asked for longest of more keys than it remembers', async (t) => {
  const budgets = new ExactBudgets();
  const draw = (key: number): boolean => budgets.draw('c', wish({ key: String(key), limit: 1 })).granted;
  for (let key = 0; key < 100_000; key += 1) draw(key);
  t.equal(draw(0), false, 'this one is asked for');
  t.equal(draw(100_000), true);
  t.equal(draw(100_000), false);
  t.equal(draw(0), false);
  t.equal(draw(1), true);
});

test('another window begins anew, longer or shorter', async (t) => {
  // Story: the number of a longer window is smaller, so that it never came: what was spent stayed spent for years.
  const budgets = new ExactBudgets();
  const now = 1.8e12;
  for (const window of [WINDOW, 60 * WINDOW, WINDOW]) {
    const said = budgets.draw('c', wish({ limit: 1, window, now }));
    t.same(said, { granted: true, remaining: 0, resetAt: now + window });
    t.equal(budgets.draw('c', wish({ limit: 1, window, now })).granted, false);
  }
});

test('a clock that is set back by more than a wish can be late starts a key anew', async (t) => {
  for (const algorithm of ['fixed-window', 'sliding-window', 'token-bucket'] as const) {
    const budgets = new ExactBudgets();
    const terms = { limit: 1, window: WINDOW, algorithm };
    const draw = (now: number): boolean => budgets.draw('c', { terms, key: 'k', amount: 1, now }).granted;
    t.same([draw(3_600_000), draw(3_600_000), draw(3_599_999)], [true, false, false], algorithm);
    t.same([draw(0) || draw(WINDOW), draw(2 * WINDOW)], [true, true], `${algorithm}: it does not wait for an hour`);
  }
});

test('a worker waits for a batch only, and the end is known without asking', async (t) => {
  const { asked, workers } = workersOf(2);
  const [one] = workers;
  const limit = 200;
  const draw = (): Taken | Promise<Taken> | undefined => one?.draw('c', wish({ limit }));
  let granted = 0;
  let waited = 0;
  for (let at = 0; at < 2 * limit; at += 1) {
    const said = draw();
    if (said instanceof Promise) waited += 1;
    if ((await said)?.granted === true) granted += 1;
  }
  t.equal(granted, limit, 'who is alone gets all of it');
  t.equal(waited, asked.length);
  t.ok(waited < 75, `${waited} batches for ${limit}`);
  t.equal(asked[0]?.amount, 1);
});

test('those who wait at one time wait for one batch', async (t) => {
  const { asked, workers } = workersOf(2);
  const taken = await Promise.all(Array.from({ length: 10 }, async () => workers[0]?.draw('c', wish({ limit: 1000 }))));
  t.ok(taken.every((one) => one?.granted));
  t.equal(asked.length, 1);
});

test('a limit that was raised is no longer the end', async (t) => {
  const { workers } = workersOf(2);
  const draw = async (limit: number): Promise<boolean> =>
    (await workers[0]?.draw('c', wish({ limit })))?.granted ?? false;
  t.equal(await draw(1), true);
  t.equal(await draw(1), false);
  t.equal(await draw(2), true);
  t.equal(await draw(2), false);
});

test('a batch that does not come grants nothing', async (t) => {
  const budgets = new BatchedBudgets(() => Promise.reject(new Error('the primary is gone')));
  await t.rejects(Promise.resolve(budgets.draw('c', wish())), { message: 'the primary is gone' });
});

test('whatever the order, workers never grant more than the limit, and at most a batch for each other one less', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        count: fc.integer({ min: 1, max: 4 }),
        limit: fc.integer({ min: 0, max: 120 }),
        draws: fc.array(fc.record({ worker: fc.nat(3), now: fc.nat(2 * WINDOW), turns: fc.nat(3) }), { maxLength: 80 }),
        last: fc.nat(3),
      }),
      async ({ count, limit, draws, last }) => {
        let at = 0;
        const { workers } = workersOf(count, () => draws[at++ % Math.max(1, draws.length)]?.turns ?? 0);
        const granted = [0, 0, 0];
        const draw = async (worker: number, now: number): Promise<boolean> => {
          const taken = await workers[worker % count]?.draw('c', wish({ limit, now }));
          // By when it ends, not by when it was asked for: what came late counts to the window that was open then.
          if (taken?.granted === true)
            granted[taken.resetAt / WINDOW - 1] = (granted[taken.resetAt / WINDOW - 1] ?? 0) + 1;
          return taken?.granted === true;
        };
        await Promise.all(draws.map(({ worker, now }) => draw(worker, now)));
        // One worker goes on to the end of the last window.
        while (await draw(last, 2 * WINDOW));
        for (const sum of granted) if (sum > limit) throw new Error(`${sum} of ${limit}`);
        const least = limit - (count - 1) * batchOf(limit, count);
        if ((granted[2] ?? 0) < least) throw new Error(`${granted[2]} of ${limit}, at least ${least}`);
      },
    ),
    {
      numRuns: 300,
      // Story: two windows on, a batch that was on its way for the first came out of the last, beside one that was asked for it.
      examples: [
        [
          {
            count: 2,
            limit: 44,
            draws: [
              { worker: 0, now: 0, turns: 1 },
              { worker: 0, now: 2000, turns: 0 },
            ],
            last: 3,
          },
        ],
      ],
    },
  );
});
