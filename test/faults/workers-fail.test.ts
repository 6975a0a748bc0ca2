// G7 of reliability.md: what a process knows after an error that nobody caught is in doubt. It drains, and is replaced.
import { test } from 'tap';
import { until } from '../kit/until.ts';
import { liveOf, lives, pluginModule, workersFor } from '../kit/workers-process.ts';

const FAILS = pluginModule(
  'fails',
  `return { request({ request }) {
    if (request.path === '/throw') setTimeout(() => { throw new Error('nobody catches this'); });
    if (request.path === '/reject') void Promise.reject(new Error('nobody handles this'));
  } };`,
);

const failing = {
  server: '  plugins: [./fails.mjs]\n  drainTimeout: 5s\n',
  live: liveOf('1', { fails: 'plugin: fails, config: {}' }),
  files: { 'fails.mjs': FAILS },
};

for (const path of ['/throw', '/reject'])
  test(`an error that nobody catches (${path}) drains the worker, and another takes its place`, async (t) => {
    const gateway = await workersFor(t, failing);
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
