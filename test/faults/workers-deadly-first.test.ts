// P1 and G3 of reliability.md: a document that ends workers while they compile it, and one that nothing was before.
import { test } from 'tap';
import { steadyLoad } from '../kit/steady-load.ts';
import { liveOf, pluginModule, workersFor } from '../kit/workers-process.ts';

/** Ends the process of a worker while it compiles, or keeps it from ever ending that. */
const BOMB = pluginModule(
  'bomb',
  `if (config.how === 'at once') process.kill(process.pid, 'SIGKILL');
  if (config.how === 'blocked') for (;;);
  return {};`,
);

const bomb = (how: string): Record<string, string> => ({ bomb: `plugin: bomb, config: { how: "${how}" }` });
const server = '  plugins: [./bomb.mjs]\n';
const files = { 'bomb.mjs': BOMB };

test('a document that ends processes while they compile it ends one at a time, and is refused', async (t) => {
  const gateway = await workersFor(t, { server, files, live: liveOf('1', bomb('never')) });
  const before = await gateway.status();
  const load = steadyLoad(gateway.url, 100);
  gateway.write(liveOf('2', bomb('at once')));
  const refused = await gateway.untilStatus(({ reloads }) => reloads.refused === 1, 'it is not refused');
  t.match(refused.lastRefusal?.issues, [{ code: 'server/deadly' }]);
  const whole = await gateway.untilStatus(gateway.whole, 'the workers are not whole again');
  const { sent, lost } = await load.stop();
  t.ok(lost.length <= 50, `one serving worker at most had requests in flight: ${lost.length} of ${sent} lost`);
  t.equal(whole.revision, before.revision);
  t.equal(
    whole.workers?.filter(({ pid }) => before.workers?.some((worker) => worker.pid === pid)).length,
    1,
    'the other worker was never asked',
  );
});

test('a document whose compile blocks is refused as well', { timeout: 120_000 }, async (t) => {
  const gateway = await workersFor(t, { server, files, live: liveOf('1', bomb('never')) });
  gateway.write(liveOf('2', bomb('blocked')));
  const refused = await gateway.untilStatus(({ reloads }) => reloads.refused === 1, 'it is not refused');
  t.match(refused.lastRefusal?.issues, [{ code: 'server/deadly' }]);
  await gateway.untilStatus(gateway.whole, 'the workers are not whole again');
  t.equal(await gateway.version(), '1');
});

test('without a document before it, workers come back later each time, an alarm says so, and a good one mends it', async (t) => {
  const slow = pluginModule('slow', `if (config.how === 'slow') setTimeout(() => process.exit(3), 400); return {};`);
  const policy = (how: string): Record<string, string> => ({ slow: `plugin: slow, config: { how: "${how}" }` });
  const gateway = await workersFor(t, {
    server: '  plugins: [./slow.mjs]\n',
    files: { 'slow.mjs': slow },
    live: liveOf('1', policy('slow')),
  });
  const looping = await gateway.untilStatus(
    ({ warnings }) => warnings.some(({ code }) => code === 'server/alarm'),
    'no alarm comes',
  );
  t.match(looping.warnings, [{ code: 'server/alarm', message: /worker \d died \d+ times in a row/ }]);
  t.match(looping.lastRefusal?.issues, [{ code: 'server/deadly' }]);
  t.equal(looping.revision, 1, 'there is nothing to go back to: it stays');
  gateway.write(liveOf('2', policy('never')));
  await gateway.untilStatus((now) => gateway.whole(now) && now.revision === 2, 'a good document does not mend it');
  t.equal(await gateway.version(), '2');
});
