// What is counted in Redis is counted as in memory: the same wishes are played to both.
import { setTimeout as delay } from 'node:timers/promises';
import type { BudgetTerms } from '@postern/kit';
import { testContext } from '@postern/kit/testkit';
import { test } from 'tap';
import { RedisLink } from '../src/redis-link.ts';
import type { StoreLink } from '../src/store-link.ts';
import { redisBudget } from '../src/redis-budget.ts';
import { TAKE } from '../src/redis-script.ts';
import { fairly } from '../../../test/kit/fair.ts';
import { needsRedis, redisServerFor } from '../../../test/kit/redis-server.ts';
import fc from '../../../test/kit/properties.ts';
import { Redis } from 'ioredis';

const needs = needsRedis();

const WINDOW = 960;
/** The script with a clock of the test, and without an end to what it keeps: that goes by the clock of Redis. */
const WITH_CLOCK = TAKE.replace("redis.call('TIME')", '{ ARGV[6], ARGV[7] }').replace(
  'math.max(1, math.min(longest, milliseconds))',
  '86400000',
);

for (const algorithm of ['fixed-window', 'sliding-window', 'token-bucket'] as const)
  test(`${algorithm}: Redis says what memory says, whatever is wished when`, needs, async (t) => {
    const server = await redisServerFor(t);
    const redis = new Redis(server.url, { protocol: 2, disableClientInfo: true });
    t.teardown(() => redis.disconnect());
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.array(
          fc.record({
            wait: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(80), fc.nat(3 * WINDOW)),
            amount: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 6 })),
          }),
          { maxLength: 80 },
        ),
        async (limit, burst, list) => {
          const terms: BudgetTerms = { limit, burst, window: WINDOW, algorithm };
          const memory = testContext().budget('requests', terms);
          const key = `k${(run += 1)}`;
          let now = 1_800_000_000_000;
          for (const { wait, amount } of list) {
            now += wait;
            const clock = [String(Math.floor(now / 1000)), String((now % 1000) * 1000)];
            const words = [algorithm, limit, WINDOW, burst, amount, ...clock];
            const [granted, remaining, until] = (await redis.call('EVAL', WITH_CLOCK, 1, key, ...words)) as number[];
            const expected = memory.draw({ terms, key, amount, now });
            const said = { granted: granted === 1, remaining, resetAt: now + (until ?? 0) };
            if (JSON.stringify(said) !== JSON.stringify(expected))
              throw new Error(`${JSON.stringify(said)}, in memory ${JSON.stringify(expected)}`);
          }
        },
      ),
      { numRuns: 60 },
    );
    t.ok(run > 50);
  });

/** A budget in Redis, with what it could not learn. */
function budgetOn(link: Pick<StoreLink, 'take'>, terms: BudgetTerms, timeout = 100) {
  const reasons: string[] = [];
  const budget = redisBudget(
    { name: 'requests', counter: 'p/requests', terms, draw: () => ({ granted: false, remaining: 0, resetAt: 0 }) },
    { link, prefix: 'postern:', timeout, failed: (reason) => void reasons.push(reason) },
  );
  const draw = (key = 'k', now = 1000) => budget.draw({ terms, key, amount: 1, now });
  return { draw, reasons };
}

test('two processes that know nothing of one another grant one limit, by the clock of Redis', needs, async (t) => {
  const server = await redisServerFor(t);
  const terms = { limit: 10, window: 60_000, algorithm: 'sliding-window' } as const;
  const links = [new RedisLink(server.url), new RedisLink(server.url)];
  t.teardown(() => links.forEach((link) => link.close()));
  const budgets = links.map((link) => budgetOn(link, terms));
  // Their own clocks are years apart.
  const draws = Array.from({ length: 30 }, async (_, at) => budgets[at % 2]?.draw('k', (at % 2) * 1e12));
  const taken = await Promise.all(draws);
  t.equal(taken.filter((one) => one?.granted).length, 10);
  t.ok((taken.at(-1)?.resetAt ?? 0) > 1e12, 'in the time of who asks');
  t.same(
    budgets.map(({ reasons }) => reasons),
    [[], []],
  );
});

test('what is kept ends by itself when it says no more than nothing would', needs, async (t) => {
  const server = await redisServerFor(t);
  const link = new RedisLink(server.url);
  t.teardown(() => link.close());
  for (const algorithm of ['fixed-window', 'sliding-window', 'token-bucket'] as const)
    await budgetOn(link, { limit: 10, window: 200, algorithm }).draw();
  t.equal(await server.ask('DBSIZE'), ':3');
  for (let left = 100; left > 0 && (await server.ask('DBSIZE')) !== ':0'; left -= 1) await delay(50);
  t.equal(await server.ask('DBSIZE'), ':0');
});

test('without a Redis it says so at once, and counts again when there is one', needs, async (t) => {
  const server = await redisServerFor(t, { started: false });
  const link = new RedisLink(server.url);
  t.teardown(() => link.close());
  const { draw, reasons } = budgetOn(link, { limit: 10, window: 60_000 });
  t.match(await draw(), { granted: false, unknown: true });
  t.match(reasons[0], /it is not connected: connect ECONNREFUSED/);
  await server.start();
  for (let left = 600; left > 0 && !(await draw()).granted; left -= 1) await delay(50);
  t.match(await draw(), { granted: true });
  // Its scripts are gone with it.
  await server.kill();
  t.match(await draw(), { unknown: true });
  await server.start();
  for (let left = 600; left > 0 && !(await draw()).granted; left -= 1) await delay(50);
  t.match(await draw(), { granted: true });
});

test('a Redis that hangs is waited for once in a while, not by every request', needs, async (t) => {
  const server = await redisServerFor(t);
  const link = new RedisLink(server.url);
  t.teardown(() => link.close());
  const { draw, reasons } = budgetOn(link, { limit: 1000, window: 60_000 });
  t.match(await draw(), { granted: true });
  server.freeze();
  const start = performance.now();
  t.match(await draw(), { unknown: true });
  t.ok(performance.now() - start >= 99, 'it has its time');
  t.match(reasons, [/did not answer within 100 ms/]);
  // Each of a thousand that waited would take more than a minute and a half.
  const { held, took } = await fairly(10_000, async () => {
    const many = performance.now();
    for (let left = 1000; left > 0; left -= 1) t.equal((await draw()).granted, false);
    return performance.now() - many;
  });
  t.ok(held, took);
  server.thaw();
  for (let left = 600; left > 0 && !(await draw()).granted; left -= 1) await delay(20);
  t.match(await draw(), { granted: true }, 'it is asked again');
});

test('an answer that is none is no grant, and a password is in no reason', needs, async (t) => {
  const server = await redisServerFor(t);
  await server.ask('CONFIG SET requirepass right');
  const link = new RedisLink(server.url.replace('//', '//default:wrong-secret@'));
  t.teardown(() => link.close());
  const { draw, reasons } = budgetOn(link, { limit: 10, window: 60_000 });
  for (let times = 0; times < 3; times += 1) t.match(await draw(), { granted: false, unknown: true });
  t.notMatch(reasons.join('\n'), 'secret');
  const odd = budgetOn({ take: async () => ['1', 2] }, { limit: 1, window: 1 });
  t.match(await odd.draw(), { granted: false, unknown: true });
});
