// G3 and G7 of reliability.md: a worker that hangs is ended, one that fails drains, and either is replaced.
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { until } from '../kit/until.ts';
import { liveOf, lives, pluginModule, workersFor } from '../kit/workers-process.ts';

const HANGS = pluginModule(
  'hangs',
  `return { request({ request }) {
    if (request.path === '/hang') for (const end = Date.now() + 60_000; Date.now() < end; );
    if (request.path === '/wait') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
    if (request.path === '/breathe') for (const end = Date.now() + 1_500; Date.now() < end; );
    if (request.path === '/throw') setTimeout(() => { throw new Error('nobody catches this'); });
    if (request.path === '/reject') void Promise.reject(new Error('nobody handles this'));
  } };`,
);

const hanging = {
  server: '  plugins: [./hangs.mjs]\n  drainTimeout: 5s\n',
  live: liveOf('1', { hangs: 'plugin: hangs, config: {}' }),
  files: { 'hangs.mjs': HANGS },
};

for (const [path, how] of [
  ['/hang', /worker \d is lost: its event loop was blocked for \d/],
  ['/wait', /worker \d is lost: (it said nothing|its event loop was blocked) for \d/],
] as const)
  test(`a worker whose event loop stands still (${path}) is ended and replaced, and the other serves meanwhile`, async (t) => {
    const gateway = await workersFor(t, hanging);
    const stuck = fetch(`${gateway.url}${path}`).then(
      () => 'answered',
      () => 'lost',
    );
    const status = await gateway.untilStatus(
      (now) => gateway.whole(now) && (now.workers ?? []).some(({ restarts }) => restarts === 1),
      'it is not replaced',
    );
    t.equal(await stuck, 'lost');
    t.match(gateway.run.out(), how);
    t.equal(status.workers?.filter(({ restarts }) => restarts === 0).length, 1, 'the other one was left alone');
    t.equal(await gateway.version(), '1');
  });

test('a loop that is blocked for less is left alone', async (t) => {
  const gateway = await workersFor(t, hanging);
  const before = (await gateway.workers()).map(({ pid }) => pid);
  t.equal((await fetch(`${gateway.url}/breathe`)).status, 200);
  await delay(1_000);
  t.same(
    (await gateway.workers()).map(({ pid }) => pid),
    before,
  );
});

test('a worker that is stopped is ended and replaced', async (t) => {
  const gateway = await workersFor(t, hanging);
  const [first] = await gateway.workers();
  process.kill(first?.pid ?? 0, 'SIGSTOP');
  await gateway.untilStatus((now) => gateway.whole(now) && now.workers?.[0]?.restarts === 1, 'it is not replaced');
  t.notOk(lives(first?.pid ?? 0));
  t.match(gateway.run.out(), 'worker 1 is lost: it said nothing for 5 s');
});

for (const path of ['/throw', '/reject'])
  test(`an error that nobody catches (${path}) drains the worker, and another takes its place`, async (t) => {
    const gateway = await workersFor(t, hanging);
    const before = (await gateway.workers()).map(({ pid }) => pid ?? 0);
    // What is in flight ends: the answer comes, though the process has failed by then.
    t.equal((await fetch(`${gateway.url}${path}`)).status, 200);
    const status = await gateway.untilStatus(
      (now) => gateway.whole(now) && (now.workers ?? []).some(({ restarts }) => restarts === 1),
      'it is not replaced',
    );
    t.match(gateway.run.out(), /worker \d is lost: an error that nobody caught: nobody (catches|handles) this/);
    t.equal(status.workers?.filter(({ restarts }) => restarts === 1).length, 1);
    const now = (status.workers ?? []).map(({ pid }) => pid ?? 0);
    const gone = before.filter((pid) => !now.includes(pid));
    t.equal(gone.length, 1);
    await until(async () => gone.every((pid) => !lives(pid)), 'the failed one does not end');
    t.match(await gateway.metrics(), /^postern_workers_lost_total 1$/m, 'counted');
  });
