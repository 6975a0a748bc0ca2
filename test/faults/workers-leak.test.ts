// G4 of reliability.md: a worker that leaks is replaced at a limit before it dies, and nothing is lost.
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { steadyLoad } from '../kit/steady-load.ts';
import { until } from '../kit/until.ts';
import { upstreamFor } from '../kit/upstream.ts';
import { liveOf, lives, pluginModule, workersFor } from '../kit/workers-process.ts';

/** Leaks so much of each kind with each request that says so. */
const LEAKS = pluginModule(
  'leaks',
  `const all = globalThis.leaked ??= [];
  const numbers = () => new Array(20_000).fill(Math.random());
  // So much it needs for itself: the rest of its heap is soon gone.
  if (config.what === 'heap' && all.length === 0) for (let at = 0; at < 1_050; at += 1) all.push(numbers());
  return { request({ request }) {
    if (config.what === 'buffers' || request.path === '/leak') all.push(Buffer.alloc(1024 * 1024, 1));
    if (config.what === 'heap') all.push(numbers());
  } };`,
);

const leaking = (what: string): Record<string, string> => ({ leaks: `plugin: leaks, config: { what: ${what} }` });
const plugins = '  plugins: [./leaks.mjs]\n';
const files = { 'leaks.mjs': LEAKS };

for (const [what, server, environment] of [
  ['buffers', `${plugins}  workerMemory: 320MiB\n`, {}],
  ['heap', plugins, { NODE_OPTIONS: '--max-old-space-size=256' }],
] as const)
  test(`G4 a worker that leaks ${what} with each request is replaced before it dies, and no request is lost`, async (t) => {
    const gateway = await workersFor(t, { server, files, live: liveOf('1', leaking(what)), environment });
    const before = (await gateway.workers()).map(({ pid }) => pid ?? 0);
    const load = steadyLoad(gateway.url, 25);
    const { workers = [] } = await gateway.untilStatus(
      (now) => gateway.whole(now) && (now.workers ?? []).some(({ restarts }) => restarts > 0),
      'no worker is replaced',
    );
    await delay(300);
    const { sent, lost } = await load.stop();
    t.same(lost, [], `of ${sent}`);
    t.ok(sent > 0);
    const gone = before.filter((pid) => !workers.some((worker) => worker.pid === pid));
    t.ok(gone.length > 0);
    await until(async () => !gone.some(lives), 'a worker that was replaced does not end');
    t.match(gateway.run.out(), what === 'heap' ? /replaced: its heap holds \d+ MiB of/ : /over server\.workerMemory/);
    const metrics = await gateway.metrics();
    t.match(metrics, /^postern_workers_lost_total 0$/m, 'nobody died');
    const requests = [...metrics.matchAll(/^postern_requests_total\{.*\} (\d+)$/gm)];
    t.ok(
      requests.reduce((sum, [, count]) => sum + Number(count), 0) >= sent,
      `what those counted that are gone still counts: ${sent} sent`,
    );
  });

test('G4 what is in flight in a worker that is replaced ends, also where the whole gateway ends meanwhile', async (t) => {
  const held: (() => void)[] = [];
  const upstream = await upstreamFor(t, ({ url }, response) => {
    if (url === '/held') held.push(() => void response.end('late'));
    else response.end('ok');
  });
  const live = liveOf('1', leaking('nothing')).replace('builtin: echo', `targets: ["${upstream.url}"]`);
  const server = `${plugins}  workerMemory: 320MiB\n  drainTimeout: 1m\n`;
  const gateway = await workersFor(t, { server, files, live });
  const before = (await gateway.workers()).map(({ pid }) => pid ?? 0);
  const pending = Array.from({ length: 8 }, () => fetch(`${gateway.url}/held`));
  await until(async () => held.length === 8, 'the requests do not come');
  let stopped = false;
  const leak = (async () => {
    while (!stopped) {
      await fetch(`${gateway.url}/leak`, { headers: { connection: 'close' } });
      await delay(5);
    }
  })();
  await gateway.untilStatus(
    ({ workers = [] }) => workers.some(({ restarts, state }) => restarts > 0 && state === 'serving'),
    'nobody is replaced',
  );
  stopped = true;
  await leak;
  t.ok(before.every(lives), 'who is replaced waits for what is in flight');
  gateway.run.child.kill('SIGTERM');
  await until(async () => gateway.run.out().includes('draining'), 'it does not drain');
  await delay(300);
  for (const end of held) end();
  const texts = await Promise.all(pending.map(async (one) => (await one).text()));
  t.same(new Set(texts), new Set(['late']));
  t.equal(await gateway.run.ended, 0);
  t.notOk(before.some(lives));
});

test('a limit that a worker is over from its start on replaces it ever less often, and an alarm says so', async (t) => {
  const gateway = await workersFor(t, { server: `${plugins}  workerMemory: 8MiB\n`, files, live: liveOf('1') });
  const load = steadyLoad(gateway.url, 50);
  const alarmed = await gateway.untilStatus(
    ({ warnings }) => warnings.some(({ code }) => code === 'server/alarm'),
    'no alarm comes',
  );
  t.match(alarmed.warnings, [{ message: /worker \d is replaced again and again.*over server\.workerMemory/ }]);
  const { sent, lost } = await load.stop();
  t.same(lost, [], `of ${sent}`);
  t.match(await gateway.metrics(), /^postern_workers_lost_total 0$/m);
});
