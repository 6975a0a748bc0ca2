// Memory counters over real workers: the primary owns them and hands out batches (docs/workers.md has the bound).
import { test } from 'tap';
import { until } from '../kit/until.ts';
import { liveOf, pluginModule, signalWorker, workersFor } from '../kit/workers-process.ts';
import type { WorkersProcess } from '../kit/workers-process.ts';

/** Lets so many requests through in a window that no test sees the end of, and says by which worker. */
const LIMIT = pluginModule(
  'limit',
  `const budget = context.budget('requests', { limit: config.limit, window: 1e13 });
  const judge = ({ granted, remaining }) => granted ? undefined : {
    kind: 'refuse', status: 429, code: 'limit/spent', detail: 'Spent.', headers: ['x-left', String(remaining), 'x-worker', process.argv[2] ?? '0'] };
  return {
    request(exchange) {
      const taken = exchange.take(budget, { key: exchange.request.headers.get('x-key') ?? 'all' });
      return taken instanceof Promise ? taken.then(judge) : judge(taken);
    },
    response(exchange) { exchange.response.headers.set('x-worker', process.argv[2] ?? '0'); },
  };`,
);

const limit = (most: number): Record<string, string> => ({ limit: `plugin: limit, config: { limit: ${most} }` });

async function start(t: Parameters<typeof workersFor>[0], workers: number): Promise<WorkersProcess> {
  const server = '  plugins: [./limit.mjs]\n';
  return workersFor(t, { workers, server, files: { 'limit.mjs': LIMIT }, live: liveOf('1', limit(100)) });
}

/** The largest batch of a limit of 100, by the formula of docs/workers.md. */
const batch = (workers: number): number => Math.ceil(100 / (10 * workers));

async function ask(gateway: WorkersProcess, key: string): Promise<{ status: number; worker: string | null }> {
  const answer = await fetch(`${gateway.url}/`, { headers: { connection: 'close', 'x-key': key } });
  await answer.text();
  return { status: answer.status, worker: answer.headers.get('x-worker') };
}

for (const workers of [2, 3])
  test(`${workers} workers let through what one would, but for what idles in batches, and never more`, async (t) => {
    const gateway = await start(t, workers);
    let [granted, refused] = [0, 0];
    const turnedBy = new Set<string | null>();
    // In parallel: batches are asked for at the same time.
    for (let round = 0; round < 10; round += 1)
      for (const { status, worker } of await Promise.all(Array.from({ length: 20 }, () => ask(gateway, 'all')))) {
        if (status === 200) granted += 1;
        else {
          refused += 1;
          turnedBy.add(worker);
        }
      }
    t.ok(refused > 0);
    t.ok(granted <= 100, `${granted} granted`);
    t.ok(granted >= 100 - (workers - 1) * batch(workers), `${granted} granted of 100 with ${workers} workers`);
    // Every worker that has turned somebody away has nothing left: when all have, all was granted.
    await until(async () => {
      const { status, worker } = await ask(gateway, 'all');
      if (status === 200) granted += 1;
      else turnedBy.add(worker);
      return turnedBy.size === workers;
    }, 'a worker never turns anybody away');
    t.equal(granted, 100);
    t.equal((await ask(gateway, 'another')).status, 200, 'another key has a budget of its own');
  });

test('what was taken stays taken over a reload and a death', async (t) => {
  const gateway = await start(t, 2);
  let granted = 0;
  while ((await ask(gateway, 'all')).status === 200) granted += 1;
  gateway.write(liveOf('2', limit(100)));
  await gateway.untilStatus(({ reloads }) => reloads.accepted === 2, 'it is not accepted');
  for (const worker of await gateway.workers()) signalWorker(worker, 'SIGKILL');
  await gateway.untilStatus(
    (now) => gateway.whole(now) && (now.workers ?? []).every(({ restarts }) => restarts === 1),
    'they are not replaced',
  );
  for (let times = 0; times < 20; times += 1) if ((await ask(gateway, 'all')).status === 200) granted += 1;
  t.ok(granted <= 100, `${granted} granted`);
  t.ok(granted >= 100 - 2 * batch(2), 'what the dead held is lost, no more');
});

test('a policy with a budget is replayed with what it was told', async (t) => {
  const gateway = await start(t, 2);
  for (;;) {
    const answer = await fetch(`${gateway.url}/`, { headers: { connection: 'close' } });
    const body = await answer.text();
    if (answer.status === 200) continue;
    const { requestId } = JSON.parse(body);
    const told = await (await fetch(`${gateway.admin}/api/v1/decisions/${requestId}`)).json();
    t.match(told, {
      documentGone: false,
      policies: [{ policy: 'version' }, { policy: 'limit', steps: [{ verdict: 'refuse', code: 'limit/spent' }] }],
      record: { asked: [{ policy: 'limit', key: 'take requests', value: { granted: false } }] },
    });
    break;
  }
});
