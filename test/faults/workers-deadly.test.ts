// P1 and G3 of reliability.md: a document that workers die of is given up, and the one before it serves again.
import { test } from 'tap';
import { liveOf, pluginModule, workersFor } from '../kit/workers-process.ts';

/** Ends the process of a worker, a moment after it has compiled. */
const BOMB = pluginModule(
  'bomb',
  `if (config.how === 'soon') setTimeout(() => process.kill(process.pid, 'SIGKILL'), 300);
  if (config.how === 'memory') setTimeout(() => { const all = []; for (;;) all.push(new Array(1e6).fill(Math.random())); }, 100);
  return {};`,
);

const bomb = (how: string): Record<string, string> => ({ bomb: `plugin: bomb, config: { how: "${how}" }` });
const server = '  plugins: [./bomb.mjs]\n';
const files = { 'bomb.mjs': BOMB };

for (const how of ['soon', 'memory'])
  test(`workers that keep dying of a document (${how}) go back to the one before, and it is not loaded again`, async (t) => {
    const gateway = await workersFor(t, {
      server,
      files,
      live: liveOf('1', bomb('never')),
      environment: { NODE_OPTIONS: '--max-old-space-size=128' },
    });
    const good = await gateway.status();
    gateway.write(liveOf('2', bomb(how)));
    const back = await gateway.untilStatus(
      (now) => now.lastRefusal?.issues[0]?.code === 'server/deadly' && gateway.whole(now),
      'it is not given up',
    );
    t.equal(back.revision, good.revision);
    t.equal(back.digest, good.digest);
    t.equal(back.acceptedAt, good.acceptedAt);
    t.same(new Set(back.workers?.map(({ revision }) => revision)), new Set([good.revision]));
    t.equal(await gateway.version(), '1');
    t.match(gateway.run.out(), 'is lost');
    t.match(gateway.run.out(), '[server/deadly]');
    const restarts = back.workers?.map((worker) => worker.restarts);

    gateway.write(`# again\n${liveOf('2', bomb('never'))}`);
    await gateway.untilStatus(
      ({ revision = 0 }) => revision > (back.lastRefusal?.revision ?? 0),
      'another one is refused',
    );
    t.equal(await gateway.version(), '2');
    gateway.write(liveOf('2', bomb(how)));
    const again = await gateway.untilStatus(
      ({ lastRefusal }) => lastRefusal?.issues[0]?.code === 'server/deadly',
      'it is loaded again',
    );
    t.same(
      again.workers?.map((worker) => worker.restarts),
      restarts,
      'nobody dies of it a second time',
    );
    t.equal(await gateway.version(), '2');
  });
