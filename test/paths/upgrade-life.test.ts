/** How long a web socket lives, and what becomes of it when something else ends. */
import { setTimeout as wait } from 'node:timers/promises';
import { refuse } from '@postern/kit';
import { test } from 'tap';
import type { Test } from 'tap';
import { FROM_INSIDE, gatewayFor, hasWritten } from '../kit/gateway.ts';
import type { TestGateway } from '../kit/gateway.ts';
import { pluginOf } from '../kit/policies.ts';
import { until } from '../kit/until.ts';
import {
  closeOf,
  dial,
  documentOf,
  handshake,
  nextMessage,
  openSocket,
  rawSocketUpstreamFor,
  socketUpstreamFor,
  switching,
} from '../kit/web-socket.ts';
import type { RawConnection } from '../kit/web-socket.ts';

interface Pair {
  readonly gateway: TestGateway;
  readonly client: RawConnection;
  readonly upstream: RawConnection;
}

/** An open tunnel between two connections of bytes. */
async function tunnelFor(t: Test, toDocument: (url: string) => string = documentOf): Promise<Pair> {
  const { url, tunnels } = await rawSocketUpstreamFor(t);
  const gateway = await gatewayFor(t, toDocument(url));
  const client = dial(t, gateway.port(), handshake());
  await client.has('\r\n\r\n');
  const [upstream] = tunnels;
  if (upstream === undefined) throw new Error(`no tunnel: ${client.text()}`);
  return { gateway, client, upstream };
}

test('a web socket survives reloads, and holds no snapshot', async (t) => {
  const upstream = await socketUpstreamFor(t);
  const gateway = await gatewayFor(t, documentOf(upstream.url));
  const client = await openSocket(t, `ws://127.0.0.1:${gateway.port()}/`);
  await until(async () => gateway.cell.status().liveSnapshots === 1, 'there is not one snapshot');
  for (let version = 1; version <= 5; version += 1) {
    // Of the last ones the upstream is gone from the document, with the pool that dialled it.
    const other = version < 3 ? upstream.url : 'http://127.0.0.1:9';
    const text = documentOf(other, `, timeouts: { idle: ${version}m }`);
    t.same(await gateway.apply(text), []);
    client.send(`after ${version}`);
    t.equal(await nextMessage(client), `after ${version}`);
    await until(async () => gateway.cell.status().liveSnapshots === 1, 'an old snapshot stays');
  }
  t.equal(upstream.sockets.length, 1, 'on one and the same connection');
  const told = closeOf(client);
  client.close(1000);
  t.same(await told, [1000, '']);
  await until(async () => hasWritten(gateway, 1), 'no line in the log');
  if (FROM_INSIDE) t.match(gateway.written[0], { status: 101, revision: 1 });
});

test('without a byte for as long as webSocket.idle a web socket is ended', async (t) => {
  const { gateway, client, upstream } = await tunnelFor(t, (url) =>
    documentOf(url, ', webSocket: { idle: 3s }').replace(
      'drainTimeout',
      'limits: { idleTimeout: 200ms }\n  drainTimeout',
    ),
  );
  const begun = performance.now();
  let [last, longest] = [begun, 0];
  for (let times = 0; times < 8; times += 1) {
    await wait(500);
    // Either way counts.
    (times % 2 === 0 ? client : upstream).socket.write('.');
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }
  t.ok(
    longest > 1_500 || !client.ended(),
    'longer than that with bytes now and then, unless the machine is too busy to tell',
  );
  await until(async () => client.ended() && upstream.ended(), 'it stays');
  t.ok(longest > 1_500 || performance.now() - last > 2_500, 'not before');
  if (FROM_INSIDE) t.match(gateway.said.at(-1), { level: 'info', record: { limit: 'webSocket.idle', upstream: 'up' } });
  if (FROM_INSIDE) t.match(gateway.written, [{ status: 101 }]);
});

test('after webSocket.lifetime a web socket is ended, whatever flows', async (t) => {
  const { gateway, client, upstream } = await tunnelFor(t, (url) => documentOf(url, ', webSocket: { lifetime: 1s }'));
  const begun = performance.now();
  const flow = setInterval(() => client.socket.write('.'), 20);
  t.teardown(() => clearInterval(flow));
  await until(async () => client.ended() && upstream.ended(), 'it stays');
  t.ok(performance.now() - begun > 900, 'not before');
  if (FROM_INSIDE) t.match(gateway.said.at(-1), { level: 'info', record: { limit: 'webSocket.lifetime' } });
});

for (const first of ['client', 'upstream'] as const)
  test(`when the ${first} ends its half, the other may say the rest`, async (t) => {
    const pair = await tunnelFor(t);
    const [one, other] = first === 'client' ? [pair.client, pair.upstream] : [pair.upstream, pair.client];
    one.socket.end('the last word');
    await other.has('the last word');
    await until(async () => other.ended(), 'the end is not passed on');
    other.socket.write('but ');
    await one.has('but ');
    other.socket.end('still this');
    await one.has('but still this');
    await until(async () => one.closed() && other.closed(), 'it stays open');
    await until(async () => hasWritten(pair.gateway, 1), 'no line in the log');
  });

test('one half alone is not kept for long', { timeout: 180_000 }, async (t) => {
  const { gateway, client, upstream } = await tunnelFor(t);
  upstream.socket.end();
  await until(async () => client.ended(), 'the end is not passed on');
  await until(async () => upstream.closed() && hasWritten(gateway, 1), 'a half is kept');
});

for (const first of ['client', 'upstream'] as const)
  test(`when the ${first} breaks, so does the other side`, async (t) => {
    const { client, upstream, gateway } = await tunnelFor(t);
    const [one, other] = first === 'client' ? [client, upstream] : [upstream, client];
    one.socket.resetAndDestroy();
    await until(async () => other.ended(), 'the other side stays');
    other.socket.end();
    await until(async () => other.closed() && hasWritten(gateway, 1), 'it stays open');
  });

test('a client of a library hears that its upstream is gone', async (t) => {
  const upstream = await socketUpstreamFor(t);
  const gateway = await gatewayFor(t, documentOf(upstream.url));
  const client = await openSocket(t, `ws://127.0.0.1:${gateway.port()}/`);
  const told = closeOf(client);
  upstream.sockets[0]?.terminate();
  t.same(await told, [1006, '']);
});

test('a drain waits for web sockets, and ends them at its limit', async (t) => {
  const { gateway, client, upstream } = await tunnelFor(t, (url) =>
    documentOf(url).replace('drainTimeout: 2s', 'drainTimeout: 1500ms'),
  );
  const begun = performance.now();
  const drained = gateway.drain();
  await wait(300);
  client.socket.write('still');
  await upstream.has('still');
  await drained;
  t.ok(performance.now() - begun > 1_400, 'not before its limit');
  await until(async () => client.ended() && upstream.ended(), 'it outlives the drain');
});

test('a drain ends once the last web socket has', async (t) => {
  const { gateway, client, upstream } = await tunnelFor(t, (url) =>
    documentOf(url).replace('drainTimeout: 2s', 'drainTimeout: 10m'),
  );
  const drained = gateway.drain();
  await wait(300);
  client.socket.end('bye');
  await upstream.has('bye');
  upstream.socket.end();
  await drained;
  await until(async () => client.closed(), 'it outlives the drain');
});

test('what an upstream says while response steps are waited for comes behind the 101', async (t) => {
  const upstream = await rawSocketUpstreamFor(t, (key) => `${switching(key)}early `);
  let go: (() => void) | undefined;
  const slow = pluginOf('slow', () => ({
    response: async (exchange) => {
      await new Promise<void>((resolve) => (go = resolve));
      exchange.response.headers.set('x-slow', '1');
    },
  }));
  const document = documentOf(upstream.url, '', '  - { name: slow, plugin: slow, timeout: 1m }');
  const gateway = await gatewayFor(t, document, [slow]);
  const client = dial(t, gateway.port(), `${handshake()}ahead `);
  await until(async () => go !== undefined, 'the step does not run');
  upstream.tunnels[0]?.socket.write('and more');
  client.socket.write('and on');
  await wait(50);
  t.equal(client.text(), '');
  go?.();
  await client.has('early and more');
  t.match(client.text(), /^HTTP\/1\.1 101 [^]*\r\nx-slow: 1\r\n[^]*\r\n\r\nearly and more$/);
  await upstream.tunnels[0]?.has('ahead and on');
});

test('a response step may still refuse: its answer takes the place of the switch', async (t) => {
  const upstream = await rawSocketUpstreamFor(t, (key) => `${switching(key)}early`);
  const late = pluginOf('late', () => ({
    response: () => refuse({ status: 403, code: 'late/no', detail: 'No.' }),
  }));
  const gateway = await gatewayFor(t, documentOf(upstream.url, '', '  - { name: late, plugin: late }'), [late]);
  const client = dial(t, gateway.port(), handshake());
  await client.has('}');
  t.match(client.text(), /^HTTP\/1\.1 403 Forbidden\r\n/);
  t.notMatch(client.text(), 'early');
  await until(async () => upstream.tunnels[0]?.ended() === true, 'the upstream is kept');
});
