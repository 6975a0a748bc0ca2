// What happens at the same moment: a document that comes while a worker starts, and a worker that dies while a document comes.
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { chance } from '../kit/chance.ts';
import { liveOf, pluginModule, signalWorker, workersFor } from '../kit/workers-process.ts';

test('a document that comes while a worker restarts serves in it as well', async (t) => {
  const random = chance(t);
  const gateway = await workersFor(t, { live: liveOf('0') });
  for (let version = 1; version <= 4; version += 1) {
    const [first] = await gateway.workers();
    const restarts = first?.restarts ?? 0;
    signalWorker(first, 'SIGKILL');
    await delay(random() * 600);
    gateway.write(liveOf(String(version)));
    const status = await gateway.untilStatus(
      (now) =>
        now.reloads.accepted === version + 1 && gateway.whole(now) && now.workers?.[0]?.restarts === restarts + 1,
      `version ${version} does not serve in all`,
    );
    t.same(new Set(status.workers?.map(({ revision }) => revision)), new Set([status.revision]));
    const versions = await Promise.all(Array.from({ length: 12 }, () => gateway.version()));
    t.same(new Set(versions), new Set([String(version)]));
  }
});

test('a worker that dies in the middle of an apply neither hangs nor falsifies it', async (t) => {
  const random = chance(t);
  // Compiles in a moment that a test can hit: half a second per worker, in turns of the event loop.
  const gateway = await workersFor(t, {
    workers: 3,
    server: '  plugins: [./slow.mjs]\n',
    files: {
      'slow.mjs': pluginModule('slow', 'for (const end = Date.now() + config.for; Date.now() < end; ); return {};'),
    },
    live: liveOf('0', { slow: 'plugin: slow, config: { for: 0 }' }),
  });
  for (let version = 1; version <= 4; version += 1) {
    const killed = (await gateway.workers())[Math.floor(random() * 3)];
    gateway.write(liveOf(String(version), { slow: `plugin: slow, config: { for: ${300 + version} }` }));
    await delay(random() * 1_200);
    signalWorker(killed, 'SIGKILL');
    const status = await gateway.untilStatus(
      // Its death may be seen later than the document is accepted.
      (now) =>
        now.reloads.accepted === version + 1 &&
        gateway.whole(now) &&
        now.workers?.every(({ pid }) => pid !== killed?.pid) === true,
      `version ${version} is not accepted`,
    );
    t.equal(status.reloads.refused, 0);
    t.same(new Set(status.workers?.map(({ revision }) => revision)), new Set([status.revision]));
    const versions = await Promise.all(Array.from({ length: 12 }, () => gateway.version()));
    t.same(new Set(versions), new Set([String(version)]));
  }
});
