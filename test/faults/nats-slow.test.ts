// Row N6 of reliability.md: a bus behind a line of 1 KiB a second with 2 s of delay each way.
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { figuresOf } from '../kit/figures.ts';
import { foreignClient } from '../kit/foreign-client.ts';
import { natsServerFor, needsNats } from '../kit/nats-server.ts';
import { nodeProcessFor, serves } from '../kit/node-fleet.ts';
import { FULL } from '../kit/sized.ts';
import { steadyLoad } from '../kit/steady-load.ts';
import { tcpShimFor } from '../kit/tcp-shim.ts';
import { until } from '../kit/until.ts';
import { liveOf } from '../reload/bus-gateway.ts';

const MIB = 1024 * 1024;

test(
  'N6: over a line of 1 KiB/s and 2 s a small document comes late, one that cannot come in time is an alarm, and what serves goes on',
  needsNats(),
  async (t) => {
    const nats = await natsServerFor(t);
    const shim = await tcpShimFor(t, nats.port);
    const client = await foreignClient(nats.port);
    t.teardown(() => client.close());
    const node = await nodeProcessFor(t, { servers: [shim.url], live: liveOf('file'), preload: ['figures.ts'] });
    const put = (version: string, more = ''): Promise<number> =>
      client.put('postern', 'config.edge', liveOf(version, more));
    await until(
      () => put('fast').then(Boolean, () => false),
      () => `the node makes no bucket: ${node.lines.join('\n')}`,
    );
    await serves(node, 'fast');
    const load = steadyLoad(node.url, 1000);
    await delay(1000);
    const before = await figuresOf(node);
    shim.mode({ delay: 2000, bytesPerSecond: 1024 });

    let start = performance.now();
    await put('late');
    await serves(node, 'late');
    t.comment(`a small document: ${((performance.now() - start) / 1000).toFixed(1)} s`);
    t.equal(shim.connections(), 1, 'all over one connection');

    await put('large', `# ${randomBytes(50_000).toString('hex')}\n`);
    start = performance.now();
    const alarms = async (): Promise<string> => (await node.status()).warnings.map(({ message }) => message).join();
    await until(async () => /has not answered for 10 s/.test(await alarms()), 'no alarm');
    if (FULL) await delay(120_000);
    t.equal(await node.version(), 'late', 'what serves goes on');
    const seconds = (performance.now() - start) / 1000;
    const connections = shim.connections();
    t.comment(`100 KiB: ${connections - 1} more connections in ${seconds.toFixed(0)} s`);
    // A connection over which nothing else gets through is given up after two pings without an answer, not sooner.
    t.ok(connections - 1 <= seconds / 5, 'connections are not given up in haste');
    const after = await figuresOf(node);
    const grown = (after.kept - before.kept) / MIB;
    t.ok(grown < 8, `kept after a collection, more than before: ${grown.toFixed(1)} MiB`);

    shim.mode('pass');
    await serves(node, 'large');
    await until(async () => (await alarms()) === '', 'the alarm stays');
    const { sent, lost } = await load.stop();
    t.same(lost, [], `lost of ${sent}`);
  },
);
