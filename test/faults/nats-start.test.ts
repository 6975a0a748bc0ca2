// Rows N1 and N2 of reliability.md: starts without a bus.
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { foreignClient } from '../kit/foreign-client.ts';
import { natsServerFor, needsNats } from '../kit/nats-server.ts';
import { steadyLoad } from '../kit/steady-load.ts';
import { tcpShimFor } from '../kit/tcp-shim.ts';
import { busGateway, folderFor, liveOf } from '../reload/bus-gateway.ts';

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
    await delay(400);
    await before.gateway.close();
    client.close();
    await nats.stop();

    const start = performance.now();
    const times = { good: 100, heartbeat: 500, look: 500, patience: 1500 };
    const running = await busGateway(t, { servers: [nats.url], folder, live: liveOf('file'), times });
    t.equal(await running.version(), 'kept');
    t.ok(performance.now() - start < 2000, 'ready within 2 s');
    const { origin, via, warnings } = running.status();
    t.equal(origin, 'config.edge@1');
    t.match(via, /^from the last good file of \d{4}-\d\d-\d\dT/, 'its age is shown');
    t.match(warnings, [{ code: 'source/alarm', message: /^NATS at / }]);
    t.ok(running.lines.some((line) => line.includes('config.edge@1 comes before gateway.yaml')));

    const load = steadyLoad(running.url);
    await delay(1000);
    await nats.start();
    const appeared = performance.now();
    await running.shows((status) => status.warnings.length === 0);
    t.ok(performance.now() - appeared < 2500, `connects soon: ${Math.round(performance.now() - appeared)} ms`);
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
    await delay(400);
    await before.gateway.close();
    await client.put('postern', 'config.edge', 'nonsense: true');
    const running = await busGateway(t, { servers: [nats.url], folder, live: liveOf('file') });
    await running.serves('kept');
    t.match(running.status(), { origin: 'config.edge@1', refusal: { revision: 2 } });
  },
);
