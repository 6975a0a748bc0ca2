// Rows N1 and N2 of reliability.md: starts without a bus.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { SourceEvent } from '@postern/kit';
import { natsSource } from '@postern/source-nats';
import { test } from 'tap';
import { fairly } from '../kit/fair.ts';
import { foreignClient } from '../kit/foreign-client.ts';
import { natsServerFor, needsNats } from '../kit/nats-server.ts';
import { steadyLoad } from '../kit/steady-load.ts';
import { tcpShimFor } from '../kit/tcp-shim.ts';
import { until } from '../kit/until.ts';
import { SHORT, busGateway, folderFor, liveOf } from '../reload/bus-gateway.ts';

test(
  'N1: a start without a server serves the last good document, and finds the server when it appears',
  needsNats(),
  async (t) => {
    const nats = await natsServerFor(t);
    const folder = folderFor(t);
    const before = await busGateway(t, { servers: [nats.url], folder });
    const client = await foreignClient(nats.port);
    await client.put('postern', 'config.edge', liveOf('kept'));
    await before.serves('kept');
    await before.keeps(1);
    await before.gateway.close();
    client.close();
    await nats.stop();

    const times = { good: 100, heartbeat: 500, look: 500, patience: 1500 };
    const start = () => busGateway(t, { servers: [nats.url], folder, live: liveOf('file'), times });
    let running = await start();
    const ready = await fairly(2000, async () => {
      await running.gateway.close();
      const begun = performance.now();
      running = await start();
      t.equal(await running.version(), 'kept');
      return performance.now() - begun;
    });
    t.ok(ready.held, `ready within 2 s: ${ready.took}`);
    const { origin, via, warnings } = running.status();
    t.equal(origin, 'config.edge@1');
    t.match(via, /^from the last good file of \d{4}-\d\d-\d\dT/, 'its age is shown');
    t.match(warnings, [{ code: 'source/alarm', message: /^NATS at / }]);
    t.ok(running.lines.some((line) => line.includes('config.edge@1 comes before gateway.yaml')));

    const load = steadyLoad(running.url);
    const connected = await fairly(2500, async () => {
      await nats.stop();
      await running.shows((status) => status.warnings.length > 0);
      await delay(1000);
      await nats.start();
      const appeared = performance.now();
      await running.shows((status) => status.warnings.length === 0);
      return performance.now() - appeared;
    });
    t.ok(connected.held, `connects soon: ${connected.took}`);
    await running.shows((status) => status.via === undefined);
    const again = await foreignClient(nats.port);
    await again.put('postern', 'config.edge', liveOf('newer'));
    await running.serves('newer');
    again.close();
    const { sent, lost } = await load.stop();
    t.same(lost, [], `lost of ${sent}`);
  },
);

test(
  'N2: a start without a server and without a last good document answers 503 and stays up',
  needsNats(),
  async (t) => {
    const nats = await natsServerFor(t, { started: false });
    const shim = await tcpShimFor(t, nats.port);
    const running = await busGateway(t, { servers: [shim.url] });
    const admin = `http://127.0.0.1:${running.gateway.admin?.port}`;
    t.equal(await running.version(), '503');
    t.equal((await fetch(`${admin}/livez`)).status, 200);
    t.equal((await fetch(`${admin}/readyz`)).status, 503);
    t.match(running.status().refusal, { issues: [{ code: 'source/unreadable', message: /no last good document/ }] });
    await delay(2500);
    t.ok(shim.connections() < 25, `no hot retry: ${shim.connections()} connections in 3 s`);
    await nats.start();
    const client = await foreignClient(nats.port);
    await running.shows((status) => status.warnings.length === 0);
    await client.put('postern', 'config.edge', liveOf('first'));
    await running.serves('first');
    t.equal((await fetch(`${admin}/readyz`)).status, 200);
    client.close();
  },
);

test(
  'N2: a start without a server and without a last good document serves the live part of the file',
  needsNats(),
  async (t) => {
    const nats = await natsServerFor(t, { started: false });
    const running = await busGateway(t, { servers: [nats.url], live: liveOf('file') });
    t.equal(await running.version(), 'file');
    t.match(running.status(), { origin: 'gateway.yaml', via: 'for want of a document from the bus' });
    t.match(running.status().warnings, [{ code: 'source/alarm' }]);
  },
);

test(
  'the newest document is refused at the start: the last good one serves, and the refusal stays in the status',
  needsNats(),
  async (t) => {
    const nats = await natsServerFor(t);
    const folder = folderFor(t);
    const before = await busGateway(t, { servers: [nats.url], folder });
    const client = await foreignClient(nats.port);
    t.teardown(() => client.close());
    await client.put('postern', 'config.edge', liveOf('kept'));
    await before.serves('kept');
    await before.keeps(1);
    await before.gateway.close();
    await client.put('postern', 'config.edge', 'nonsense: true');
    const running = await busGateway(t, { servers: [nats.url], folder, live: liveOf('file') });
    await running.serves('kept');
    t.match(running.status(), { origin: 'config.edge@1', refusal: { revision: 2 } });
  },
);

test(
  'a document that is still being built when the start has waited long enough is not displaced by trouble',
  needsNats(),
  async (t) => {
    // It was: "no server answers" then stood over the document that the server had given, and the document was built twice.
    const nats = await natsServerFor(t);
    const before = await busGateway(t, { servers: [nats.url] });
    const client = await foreignClient(nats.port);
    t.teardown(() => client.close());
    await client.put('postern', 'config.edge', liveOf('slow'));
    await before.serves('slow');
    await before.gateway.close();
    const patience = 300;
    const source = natsSource({
      servers: [nats.url],
      bucket: 'postern',
      key: 'edge',
      lastGood: join(folderFor(t), 'last-good.json'),
      node: 'n',
      version: '0',
      times: { ...SHORT, patience },
    });
    const ending = new AbortController();
    const said: SourceEvent[] = [];
    const reading = (async () => {
      for await (const event of source.open(ending.signal)) said.push(event);
    })();
    const offered = (): number => said.findIndex(({ kind }) => kind === 'text');
    await until(async () => offered() !== -1, 'it is not offered');
    await delay(2 * patience);
    t.same(
      said.slice(offered() + 1).filter(({ kind }) => kind !== 'calm'),
      [],
      'nobody has said what became of it, and nothing else is said',
    );
    ending.abort();
    await reading;
  },
);
