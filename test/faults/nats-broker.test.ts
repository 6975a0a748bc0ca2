// Rows N3, N4, N5 and N9 of reliability.md: a bus that dies, freezes, or is cut off while nodes run.
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { chance } from '../kit/chance.ts';
import { fairly } from '../kit/fair.ts';
import { foreignClient } from '../kit/foreign-client.ts';
import { natsServerFor, needsNats } from '../kit/nats-server.ts';
import { sized } from '../kit/sized.ts';
import { steadyLoad } from '../kit/steady-load.ts';
import { tcpShimFor } from '../kit/tcp-shim.ts';
import { until } from '../kit/until.ts';
import { busGateway, liveOf } from '../reload/bus-gateway.ts';

const ROUNDS = sized(3, 20);

test(
  'N3: nodes converge within 5 s after the broker was killed during pushes, and no request is lost',
  needsNats(),
  async (t) => {
    const random = chance(t);
    const nats = await natsServerFor(t);
    const nodes = await Promise.all(['a', 'b'].map((node) => busGateway(t, { servers: [nats.url], node })));
    const first = await foreignClient(nats.port);
    await first.put('postern', 'config.edge', liveOf('start'));
    await Promise.all(nodes.map((node) => node.serves('start')));
    first.close();
    const loads = nodes.map((node) => steadyLoad(node.url, 500));
    let newest = 'start';
    let rounds = 0;
    const round = async (): Promise<number> => {
      rounds += 1;
      const client = await foreignClient(nats.port);
      // Pushes as fast as they are acknowledged, until the server is gone in the middle of one.
      const pushing = (async () => {
        for (let at = 0; ; at += 1) {
          const version = `r${rounds}-${at}`;
          await client.put('postern', 'config.edge', liveOf(version));
          newest = version;
        }
      })().catch(() => undefined);
      await delay(50 + random() * 150);
      await nats.kill();
      client.close();
      await Promise.race([pushing, delay(100)]);
      await delay(random() * 500);
      await nats.start();
      const back = performance.now();
      const digests = () => nodes.map((node) => node.gateway.cell.status().digest);
      const reader = await foreignClient(nats.port);
      const found = await reader.api('STREAM.MSG.GET.KV_postern', { last_by_subj: '$KV.postern.config.edge' });
      const { seq } = found['message'] as { seq: number };
      reader.close();
      await until(
        async () => nodes.every((node) => node.gateway.cell.status().revision === seq),
        `not all on ${seq}: ${JSON.stringify(nodes.map((node) => [node.gateway.cell.status(), node.status()]))}`,
      );
      const took = performance.now() - back;
      t.equal(new Set(digests()).size, 1, `one digest; ${newest} was acknowledged last`);
      return took;
    };
    for (let times = 0; times < ROUNDS; times += 1) {
      const { held, took } = await fairly(5000, round);
      t.ok(held, `within 5 s of the restart: ${took}`);
    }
    const counts = await Promise.all(loads.map((load) => load.stop()));
    t.same(
      counts.flatMap(({ lost }) => lost),
      [],
      `lost of ${counts.reduce((sum, { sent }) => sum + sent, 0)}`,
    );
  },
);

test(
  'N4, N9: after a partition a node takes the newest document alone, not every step, and revisions only rise',
  needsNats(),
  async (t) => {
    const nats = await natsServerFor(t);
    const shim = await tcpShimFor(t, nats.port);
    const running = await busGateway(t, { servers: [shim.url] });
    const client = await foreignClient(nats.port);
    t.teardown(() => client.close());
    await client.put('postern', 'config.edge', liveOf('before'));
    await running.serves('before');
    const load = steadyLoad(running.url);
    shim.mode('swallow');
    for (let at = 0; at < 20; at += 1) await client.put('postern', 'config.edge', liveOf(`v${at}`));
    const silent = /has not answered for 0.6 s/;
    const alarmed = await running.shows((status) => status.warnings.some(({ message }) => silent.test(message)));
    t.match(alarmed.warnings, [{ code: 'source/alarm', message: silent }]);
    t.equal(await running.version(), 'before');
    const { accepted } = running.status().reloads;
    shim.mode('pass');
    await running.serves('v19');
    await running.shows((status) => status.warnings.length === 0);
    t.equal(running.status().reloads.accepted, accepted + 1, 'one build for twenty revisions');
    // The same again, over and over: every reconnect shows what serves already.
    for (let round = 0; round < 3; round += 1) {
      shim.mode('refuse');
      await delay(50);
      shim.mode('pass');
      await delay(400);
    }
    t.equal(running.status().reloads.accepted, accepted + 1, 'what is shown again is not built again');
    const { sent, lost } = await load.stop();
    t.same(lost, [], `lost of ${sent}`);
    const served = running.lines.flatMap((line) => /revision (\d+) serves/.exec(line)?.slice(1).map(Number) ?? []);
    t.same(
      served,
      served.toSorted((one, other) => one - other),
      'revisions rise',
    );
  },
);

test(
  'N5: a frozen broker is noticed, costs no request, and is followed again when it thaws',
  needsNats(),
  async (t) => {
    const nats = await natsServerFor(t);
    const running = await busGateway(t, { servers: [nats.url] });
    const client = await foreignClient(nats.port);
    t.teardown(() => client.close());
    await client.put('postern', 'config.edge', liveOf('before'));
    await running.serves('before');
    const load = steadyLoad(running.url);
    let freezes = 0;
    const { held, took } = await fairly(2000, async () => {
      freezes += 1;
      nats.freeze();
      const frozen = performance.now();
      await running.shows((status) => status.warnings.some(({ code }) => code === 'source/alarm'));
      const alarmed = performance.now() - frozen;
      await delay(300);
      nats.thaw();
      await client.put('postern', 'config.edge', liveOf(`after-${freezes}`));
      await running.serves(`after-${freezes}`);
      await running.shows((status) => status.warnings.length === 0);
      return alarmed;
    });
    t.ok(held, `an alarm after two heartbeats: ${took}`);
    const { sent, lost } = await load.stop();
    t.same(lost, [], `lost of ${sent}`);
  },
);
