// Row N6 of reliability.md: a bus behind a line of 1 KiB a second and 2 s each way.
import { setTimeout as delay } from 'node:timers/promises';
import { randomBytes } from 'node:crypto';
import { test } from 'tap';
import { foreignClient } from '../kit/foreign-client.ts';
import { natsServerFor, needsNats } from '../kit/nats-server.ts';
import { nodeProcessFor, serves } from '../kit/node-fleet.ts';
import { steadyLoad } from '../kit/steady-load.ts';
import { tcpShimFor } from '../kit/tcp-shim.ts';
import { until } from '../kit/until.ts';
import { liveOf } from '../reload/bus-gateway.ts';

const MIB = 1024 * 1024;

test(
  'N6: over a line of 1 KiB/s and 2 s small documents come late, large ones cost an alarm, and what serves goes on',
  { ...needsNats(), timeout: 300_000 },
  async (t) => {
    const nats = await natsServerFor(t);
    const shim = await tcpShimFor(t, nats.port);
    const client = await foreignClient(nats.port);
    t.teardown(() => client.close());
    const node = await nodeProcessFor(t, { servers: [shim.url], live: liveOf('file') });
    await until(
      () => client.put('postern', 'config.edge', liveOf('fast')).then(() => true, () => false),
      'the node makes no bucket',
    );
    await serves(node, 'fast');
    const load = steadyLoad(node.url, 1000);
    await delay(2000);
    const before = node.usage().rss;
    shim.mode({ delay: 2000, bytesPerSecond: 1024 });
    const start = performance.now();
    await client.put('postern', 'config.edge', liveOf('late'));
    for (;;) {
      const s = await node.status();
      t.comment(((performance.now()-start)/1000).toFixed(0), s.revision, shim.connections(), shim.bytes(), JSON.stringify(s.warnings.map(w=>w.message)), JSON.stringify(s.lastRefusal?.issues[0]?.message));
      if (performance.now()-start > 60000) break;
      if (s.revision === 2) break;
      await delay(2000);
    }
    await client.put('postern', 'config.edge', liveOf('large', `# ${randomBytes(50000).toString('hex')}\n`));
    const big = performance.now();
    for (;;) {
      const s = await node.status();
      t.comment(((performance.now()-big)/1000).toFixed(0), s.revision, shim.connections(), shim.bytes(), JSON.stringify(s.warnings.map(w=>w.message)), JSON.stringify(s.lastRefusal?.issues[0]?.message), node.usage().rss/MIB);
      if (performance.now()-big > 60000) break;
      await delay(3000);
    }
    shim.mode('pass');
    await serves(node, 'large');
    t.comment((node.usage().rss-before)/MIB);
    const { sent, lost } = await load.stop();
    t.same(lost, [], `lost of ${sent}`);
  },
);
