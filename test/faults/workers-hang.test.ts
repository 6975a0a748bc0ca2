// G3 of reliability.md: a worker that hangs is ended and replaced.
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { liveOf, lives, pluginModule, signalWorker, workersFor } from '../kit/workers-process.ts';

const HANGS = pluginModule(
  'hangs',
  `return { request({ request }) {
    if (request.path === '/hang') for (const end = Date.now() + 60_000; Date.now() < end; );
    if (request.path === '/wait') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
    if (request.path === '/breathe') for (const end = Date.now() + 1_500; Date.now() < end; );
  } };`,
);

const hanging = {
  server: '  plugins: [./hangs.mjs]\n',
  live: liveOf('1', { hangs: 'plugin: hangs, config: {}' }),
  files: { 'hangs.mjs': HANGS },
};

// A loop that gets little of a busy machine's cores looks like a wait for longer: either way it ends.
for (const path of ['/hang', '/wait'])
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
    t.match(gateway.run.out(), /worker \d is lost: (it said nothing|its event loop was blocked) for \d/);
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
  const stopped = signalWorker(first, 'SIGSTOP');
  await gateway.untilStatus((now) => gateway.whole(now) && now.workers?.[0]?.restarts === 1, 'it is not replaced');
  t.notOk(lives(stopped));
  t.match(gateway.run.out(), 'worker 1 is lost: it said nothing for 5 s');
});
