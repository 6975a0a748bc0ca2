// A document from the bus that workers die of: the fleet hears of it, and no start of the process loads it again.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { start, startLine } from '../../packages/postern/test/spawn.ts';
import { foreignClient } from '../kit/foreign-client.ts';
import { natsServerFor, needsNats } from '../kit/nats-server.ts';
import { until } from '../kit/until.ts';
import { liveOf, pluginModule, workersFor } from '../kit/workers-process.ts';

const BOMB = pluginModule(
  'bomb',
  `if (config.how === 'soon') setTimeout(() => process.kill(process.pid, 'SIGKILL'), 300); return {};`,
);

const bomb = (how: string): Record<string, string> => ({ bomb: `plugin: bomb, config: { how: "${how}" }` });

test(
  'a document that workers die of is refused on the bus, is not kept, and not loaded by the next process',
  needsNats(),
  async (t) => {
    const nats = await natsServerFor(t);
    const client = await foreignClient(nats.port);
    t.teardown(() => client.close());
    const server = `  name: edge\n  plugins: [./bomb.mjs]\n  source: { nats: { servers: ["${nats.url}"] } }\n`;
    // The first node makes the bucket.
    await client.api('STREAM.CREATE.KV_postern', {
      name: 'KV_postern',
      subjects: ['$KV.postern.>'],
      max_msgs_per_subject: 64,
      allow_rollup_hdrs: true,
      deny_delete: true,
      allow_direct: true,
      discard: 'new',
    });
    await client.put('postern', 'config.edge', liveOf('one', bomb('never')));
    const gateway = await workersFor(t, { server, live: '', files: { 'bomb.mjs': BOMB } });
    const lastGood = join(gateway.folder, '.postern/last-good.json');
    const trials = `${lastGood}.trials`;
    await until(async () => existsSync(lastGood) && !existsSync(trials), 'one never became the last good document');
    const kept = readFileSync(lastGood, 'utf8');

    await client.put('postern', 'config.edge', liveOf('two', bomb('soon')));
    const back = await gateway.untilStatus(
      (now) => now.lastRefusal?.issues[0]?.code === 'server/deadly' && gateway.whole(now),
      'it is not given up',
    );
    t.match(back, { revision: 1, origin: 'config.edge@1', lastRefusal: { origin: 'config.edge@2', revision: 2 } });
    t.equal(await gateway.version(), 'one');
    await until(
      async () => existsSync(trials) && readFileSync(trials, 'utf8').includes('"deaths":3'),
      'not remembered',
    );
    t.equal(readFileSync(lastGood, 'utf8'), kept, 'what was good is still the one to begin with');
    const node = async (): Promise<string> => {
      const { subject, message } = await lastOf(client);
      return `${subject} ${message}`;
    };
    await until(
      async () => /"state":"refused".*"server\/deadly".*"revision":1/.test(await node()),
      'the fleet is not told',
    );

    gateway.run.child.kill('SIGTERM');
    t.equal(await gateway.run.ended, 0);
    const again = start(['run'], { cwd: gateway.folder });
    t.teardown(() => void again.child.kill('SIGTERM'));
    const { listeners, admin } = await startLine(again);
    const version = async () => (await fetch(`http://127.0.0.1:${listeners[0]?.port}/`)).headers.get('x-version');
    await until(async () => (await version()) === 'one', 'the next process does not serve what was good');
    const refused = async () => (await fetch(`http://127.0.0.1:${admin.port}/api/v1/status`)).text();
    await until(async () => (await refused()).includes('source/deadly'), 'and does not say why');
    t.notMatch(again.out(), 'is lost', 'no worker died of it again');
  },
);

/** The newest word of a node. */
async function lastOf(
  client: Awaited<ReturnType<typeof foreignClient>>,
): Promise<{ subject: string; message: string }> {
  const { message } = (await client.api('STREAM.MSG.GET.KV_postern-nodes', {
    last_by_subj: '$KV.postern-nodes.node.edge.>',
  })) as { message: { subject: string; data: string } };
  return { subject: message.subject, message: Buffer.from(message.data, 'base64').toString() };
}
