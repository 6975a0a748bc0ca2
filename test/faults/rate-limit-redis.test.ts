// Rate limits over nodes that share a Redis, and what becomes of them when it dies, hangs and comes back.
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { fairly } from '../kit/fair.ts';
import { keptLoad } from '../kit/kept-load.ts';
import { needsRedis, redisServerFor } from '../kit/redis-server.ts';
import { until } from '../kit/until.ts';
import { workersFor } from '../kit/workers-process.ts';

const needs = needsRedis();

/** A live section with one rate limit on all, named `rate`. */
function liveOf(config: string): string {
  return `upstreams: [{ name: up, builtin: echo }]
policies:
  - { name: rate, plugin: rate-limit, timeout: 20s, config: { ${config} } }
apiGroups:
  - { name: all, upstream: up, policies: [rate] }
`;
}

/** What nobody waits for on a busy machine. */
const PATIENT = 'timeout: 10s';

/** Three nodes, each with its connection to Redis: before that requests may pass uncounted. */
async function nodesFor(t: Parameters<typeof workersFor>[0], live: string): Promise<readonly number[]> {
  const ports: number[] = [];
  for (let node = 0; node < 3; node += 1) {
    const { port, url } = await workersFor(t, { workers: 1, live });
    const counts = async (): Promise<boolean> => (await fetch(`${url}/?warm`)).headers.has('ratelimit');
    await until(counts, 'a node never counts');
    ports.push(port);
  }
  return ports;
}

/** By how many percent it is off. */
const off = (admitted: number, limit: number): number => (100 * (admitted - limit)) / limit;

test(
  'three nodes on one Redis admit one sliding window: 50,000 requests, within 2 % of the limit',
  needs,
  async (t) => {
    const redis = await redisServerFor(t);
    const limit = 10_000;
    const store = `store: redis, redis: { url: "${redis.url}", ${PATIENT} }`;
    const ports = await nodesFor(t, liveOf(`limit: ${limit}, window: 1h, algorithm: sliding-window, ${store}`));
    const { statuses, took } = await keptLoad(ports, 50_000);
    // And one of each node before.
    const admitted = (statuses.get(200) ?? 0) + 3;
    const error = off(admitted, limit);
    t.comment(`${admitted} of ${limit} admitted, ${error.toFixed(2)} % off, in ${(took / 1000).toFixed(1)} s`);
    t.same(new Set(statuses.keys()), new Set([200, 429]), 'and nothing but that');
    t.equal((statuses.get(200) ?? 0) + (statuses.get(429) ?? 0), 50_000);
    t.ok(Math.abs(error) <= 2);
  },
);

test(
  'three nodes on one Redis fill one token bucket: within 2 % of its burst and what came in meanwhile',
  needs,
  async (t) => {
    const redis = await redisServerFor(t);
    const store = `store: redis, redis: { url: "${redis.url}", ${PATIENT} }`;
    const ports = await nodesFor(t, liveOf(`limit: 300, window: 1s, burst: 2000, ${store}`));
    const { statuses, took } = await keptLoad(ports, 20_000);
    const admitted = statuses.get(200) ?? 0;
    const due = 2000 + (300 * took) / 1000;
    const error = off(admitted, due);
    t.comment(`${admitted} of ${due.toFixed(0)} admitted, ${error.toFixed(2)} % off, in ${(took / 1000).toFixed(1)} s`);
    t.ok(due < 20_000, 'more were sent than may pass');
    t.ok(Math.abs(error) <= 2);
  },
);

for (const [algorithm, config] of [
  ['a sliding window', 'limit: 1000, window: 1h, algorithm: sliding-window'],
  // One more token in 3.6 s: a test knows how many came in.
  ['a token bucket', 'limit: 1000, window: 1h'],
] as const)
  test(`two workers that count in memory admit ${algorithm} within what may idle in their batches`, async (t) => {
    const gateway = await workersFor(t, { workers: 2, live: liveOf(config) });
    const { statuses, took } = await keptLoad([gateway.port], 5000, 16);
    const admitted = statuses.get(200) ?? 0;
    // docs/workers.md: batches of limit / (10 x workers), of which one request takes at once.
    const idle = 1000 / 20 - 1;
    const cameIn = algorithm === 'a token bucket' ? Math.ceil(took / 3600) : 0;
    t.comment(`${admitted} of 1000 admitted, at most ${idle} idle in each worker`);
    t.ok(admitted <= 1000 + 2 * idle + cameIn, `${admitted}`);
    t.ok(admitted >= 1000 - idle, `${admitted}`);
  });

/** One gateway on a Redis, and how often its store did not answer. */
async function gatewayOn(t: Parameters<typeof workersFor>[0], url: string, more = '') {
  const config = `limit: 1000000, window: 1h, store: redis, redis: { url: "${url}", timeout: 100ms }${more}`;
  const gateway = await workersFor(t, { workers: 1, live: liveOf(config) });
  const failures = async (): Promise<number> =>
    Number(/event="store_failed"[^}]*\} (\d+)/.exec(await gateway.metrics())?.[1] ?? 0);
  const ask = async () => {
    const answer = await fetch(gateway.url);
    await answer.text();
    return {
      status: answer.status,
      counted: answer.headers.has('ratelimit'),
      retry: answer.headers.get('retry-after'),
    };
  };
  return { gateway, ask, failures, counts: async () => (await ask()).counted };
}

test(
  'a Redis that is killed in mid-run lets requests pass, each counted as such, until it is back',
  needs,
  async (t) => {
    const redis = await redisServerFor(t);
    const { gateway, ask, failures, counts } = await gatewayOn(t, redis.url);
    await until(counts, 'it never counts');
    const before = await failures();
    const load = keptLoad([gateway.port], 6000);
    await delay(100);
    await redis.kill();
    const { statuses } = await load;
    t.same([...statuses], [[200, 6000]], 'nobody notices');
    t.match(await ask(), { status: 200, counted: false });
    const failed = await failures();
    t.ok(failed > before, `${failed - before} of 6000 passed uncounted`);
    await ask();
    t.equal(await failures(), failed + 1, 'each of them is counted');
    const said = gateway.run
      .out()
      .split('\n')
      .filter((line) => line.includes('requests pass uncounted'));
    t.ok(said.length > 0 && said.length < failed, `${said.length} lines for ${failed}`);
    t.match(JSON.parse(said[0] ?? '{}'), { policy: 'rate', store: redis.url, failed: /./ });
    await redis.start();
    await until(counts, 'it does not count again');
  },
);

test('with failOpen: false they are refused with 503 and Retry-After, until it is back', needs, async (t) => {
  const redis = await redisServerFor(t);
  const { gateway, ask, counts } = await gatewayOn(t, redis.url, ', failOpen: false');
  await until(counts, 'it never counts');
  await redis.kill();
  await until(async () => !(await counts()), 'it still counts');
  t.same(await ask(), { status: 503, counted: false, retry: '1' });
  const body = await (await fetch(gateway.url)).json();
  t.match(body, { code: 'rate-limit/store-unavailable', policy: 'rate' });
  await redis.start();
  await until(counts, 'it does not count again');
});

test('a Redis that hangs does not hang requests: few wait, and no longer than its timeout', needs, async (t) => {
  const redis = await redisServerFor(t);
  const { gateway, ask, counts } = await gatewayOn(t, redis.url);
  await until(counts, 'it never counts');
  redis.freeze();
  t.match(await ask(), { status: 200, counted: false });
  // A thousand that each waited would take more than ten seconds.
  const { held, took } = await fairly(3000, async () => {
    const { statuses, took: milliseconds } = await keptLoad([gateway.port], 1000);
    t.same([...statuses], [[200, 1000]]);
    return milliseconds;
  });
  t.ok(held, took);
  redis.thaw();
  await until(counts, 'it does not count again');
});
