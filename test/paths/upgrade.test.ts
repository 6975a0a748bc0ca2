/** Web sockets with real clients, from end to end: what two sides say to each other comes through as it is. */
import { once } from 'node:events';
import { test } from 'tap';
import { WebSocket as BrowserLike } from 'undici';
import type { WebSocket } from 'ws';
import { FROM_INSIDE, gatewayFor, hasWritten } from '../kit/gateway.ts';
import { until } from '../kit/until.ts';
import {
  acceptOf,
  closeOf,
  dial,
  documentOf,
  handshake,
  nextMessage,
  openSocket,
  rawSocketUpstreamFor,
  socketUpstreamFor,
} from '../kit/web-socket.ts';

function withoutDate(head: string): readonly string[] {
  const [line = '', ...lines] = head.split('\r\n');
  return [line, ...lines.filter((one) => !one.startsWith('date: ')).sort()];
}

test('two sides choose a sub-protocol and an extension, and close with codes of their own', async (t) => {
  const upstream = await socketUpstreamFor(t, undefined, { perMessageDeflate: true });
  const gateway = await gatewayFor(t, documentOf(upstream.url));
  const url = `ws://127.0.0.1:${gateway.port()}/chat?room=1`;
  const first = await openSocket(t, url, { protocols: ['chat.v2', 'chat.v1'], perMessageDeflate: true });
  t.equal(first.protocol, 'chat.v2');
  t.equal(first.extensions, 'permessage-deflate');
  first.send('squeezed '.repeat(1000));
  t.equal(await nextMessage(first), 'squeezed '.repeat(1000));
  t.equal(upstream.asked[0]?.url, '/chat?room=1');
  const [theirs] = upstream.sockets;
  if (theirs === undefined) throw new Error('no socket upstream');
  const [told, answered] = [closeOf(theirs), closeOf(first)];
  first.close(4001, 'the client has had enough');
  t.same(await told, [4001, 'the client has had enough']);
  t.same(await answered, [4001, 'the client has had enough'], 'and the answer to it comes back');

  const second = await openSocket(t, url);
  const heard = closeOf(second);
  upstream.sockets[1]?.close(1013, 'later');
  t.same(await heard, [1013, 'later']);
});

test('ten thousand messages each way at once arrive whole and in order', { timeout: 240_000 }, async (t) => {
  const COUNT = 10_000;
  const textOf = (side: string, at: number): string => `${side} ${at} ${'x'.repeat((at * 37) % 700)}`;
  const wrong: string[] = [];
  const heard = { client: 0, upstream: 0 };
  const listen = (socket: WebSocket, me: 'client' | 'upstream', other: string): void =>
    void socket.on('message', (data: Buffer) => {
      const [text, expected] = [data.toString(), textOf(other, heard[me])];
      if (text !== expected) wrong.push(`${me}: ${text.slice(0, 40)} instead of ${expected.slice(0, 40)}`);
      heard[me] += 1;
    });
  const upstream = await socketUpstreamFor(t, (socket) => {
    listen(socket, 'upstream', 'client');
    for (let at = 0; at < COUNT; at += 1) socket.send(textOf('upstream', at));
  });
  const gateway = await gatewayFor(t, documentOf(upstream.url));
  const client = await openSocket(t, `ws://127.0.0.1:${gateway.port()}/`, {
    prepare: (socket) => listen(socket, 'client', 'upstream'),
  });
  for (let at = 0; at < COUNT; at += 1) {
    client.send(textOf('client', at));
    // In many pieces, with answers in between.
    if (at % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await until(
    async () => heard.client >= COUNT && heard.upstream >= COUNT,
    () => JSON.stringify(heard),
  );
  t.same(wrong, []);
  t.same(heard, { client: COUNT, upstream: COUNT });
});

test('a client that behaves as browsers do is understood', async (t) => {
  const upstream = await socketUpstreamFor(t, undefined, { perMessageDeflate: true });
  const gateway = await gatewayFor(t, documentOf(upstream.url));
  const socket = new BrowserLike(`ws://127.0.0.1:${gateway.port()}/`, ['one', 'two']);
  socket.binaryType = 'arraybuffer';
  const event = (name: 'open' | 'close'): Promise<unknown> =>
    new Promise((resolve) => socket.addEventListener(name, resolve, { once: true }));
  await event('open');
  t.equal(socket.protocol, 'one');
  const said = new Promise<ArrayBuffer>((resolve) =>
    socket.addEventListener('message', ({ data }) => resolve(data as ArrayBuffer), { once: true }),
  );
  socket.send(Uint8Array.of(0, 255, 128));
  t.same([...new Uint8Array(await said)], [0, 255, 128]);
  socket.close(3000, 'done');
  t.match(await event('close'), { code: 3000, reason: 'done', wasClean: true });
});

test('the upstream gets the handshake as the client made it, and the client the answer, policies in between', async (t) => {
  const upstream = await rawSocketUpstreamFor(t, (key) =>
    [
      'HTTP/1.1 101 Yes',
      'Upgrade: WebSocket',
      'Connection: keep-alive, Upgrade, X-Hop',
      'X-Hop: 1',
      'Keep-Alive: timeout=5',
      'Content-Length: 0',
      'X-Up: 1',
      'Set-Cookie: a=1',
      `Sec-WebSocket-Accept: ${acceptOf(key)}`,
      'Sec-WebSocket-Protocol: b',
      'Sec-WebSocket-Extensions: x-rot13; by="13"',
      '',
      'first frame',
    ].join('\r\n'),
  );
  const policies = `  - { name: edits, plugin: headers, config: { request: { set: { x-in: "1" } }, response: { set: { x-out: "1" }, remove: [x-up] } } }
  - { name: shared, plugin: cors, config: { allowOrigins: ["https://app.test"] } }`;
  const gateway = await gatewayFor(t, documentOf(`${upstream.url}/base`, '', policies));
  const client = dial(
    t,
    gateway.port(),
    handshake({
      Connection: 'keep-alive, Upgrade, Sec-WebSocket-Key, X-Secret',
      Upgrade: 'h2c, WebSocket',
      Origin: 'https://app.test',
      Cookie: 's=1',
      'X-Secret': '1',
      'Sec-WebSocket-Protocol': ['a', 'b'],
      'Sec-WebSocket-Extensions': 'x-rot13; by="13", y',
    }) + 'ahead',
  );
  await client.has('first frame');
  const [head = '', ...frames] = client.text().split('\r\n\r\n');
  t.same(frames.join(''), 'first frame', 'bytes behind the head of the upstream come through');
  t.same(withoutDate(head), [
    'HTTP/1.1 101 Switching Protocols',
    'access-control-allow-origin: https://app.test',
    'connection: Upgrade',
    `sec-websocket-accept: ${acceptOf('dGhlIHNhbXBsZSBub25jZQ==')}`,
    'sec-websocket-extensions: x-rot13; by="13"',
    'sec-websocket-protocol: b',
    'set-cookie: a=1',
    'upgrade: websocket',
    'vary: Origin',
    'x-out: 1',
  ]);
  await upstream.tunnels[0]?.has('ahead');
  const [line, ...lines] = (upstream.heads[0] ?? '')
    .split('\r\n')
    .map((one) => one.replaceAll(String(gateway.port()), 'PORT'));
  t.equal(line, 'GET /base/ws HTTP/1.1');
  t.same(
    lines.filter((one) => !/^(?:x-)?forwarded/.test(one)).sort(),
    [
      'connection: Upgrade',
      'cookie: s=1',
      `host: 127.0.0.1:${upstream.port}`,
      'origin: https://app.test',
      'sec-websocket-extensions: x-rot13; by="13", y',
      'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-protocol: a',
      'sec-websocket-protocol: b',
      'sec-websocket-version: 13',
      'upgrade: websocket',
      'x-in: 1',
    ],
    'what Connection names stays here, but the handshake is whole',
  );
  client.socket.write('more');
  await upstream.tunnels[0]?.has('aheadmore');
  upstream.tunnels[0]?.socket.write('\0\xff back', 'latin1');
  await client.has('\0\xff back');
});

test('an exchange is one line in the log and one decision, with the bytes that were carried', async (t) => {
  const upstream = await rawSocketUpstreamFor(t);
  const gateway = await gatewayFor(
    t,
    documentOf(upstream.url).replace('drainTimeout', 'decisions: { keep: 10, sample: 1 }\n  drainTimeout'),
  );
  const client = dial(t, gateway.port(), handshake());
  await client.has('\r\n\r\n');
  const metric = async (name: string): Promise<string | undefined> =>
    new RegExp(`^${name} (.*)$`, 'm').exec(await gateway.cell.metrics())?.[1];
  t.equal(await metric('postern_web_sockets'), '1');
  t.equal(await metric('postern_requests_total{group="api",route="all",status="1xx"}'), '1', 'counted as it opens');
  const open = await gateway.cell.decisions({ limit: 10 });
  t.match(open, [{ path: '/ws', status: 101, group: 'api' }], 'a decision to be looked at while it is open');
  if (FROM_INSIDE) t.same(gateway.written, [], 'the line comes at its end');
  client.socket.write('12345');
  await upstream.tunnels[0]?.has('12345');
  upstream.tunnels[0]?.socket.end('123');
  await client.has('123');
  client.socket.end();
  await once(client.socket, 'close');
  await until(async () => hasWritten(gateway, 1), 'no line');
  if (FROM_INSIDE) t.match(gateway.written, [{ status: 101, path: '/ws', bytesIn: 5, bytesOut: 3, upstream: 'up' }]);
  await until(async () => (await metric('postern_web_sockets')) === '0', 'it is counted for ever');
  t.equal(await metric('postern_web_socket_bytes_total{direction="in"}'), '5');
  t.equal(await metric('postern_web_socket_bytes_total{direction="out"}'), '3');
  t.equal(await metric('postern_requests_total{group="api",route="all",status="1xx"}'), '1');
  t.equal((await gateway.cell.decisions({ limit: 10 })).length, 1);
  const told = await gateway.cell.decision(String(open[0]?.id));
  t.match(told, { documentGone: false, answer: { status: 101, madeBy: 'upstream' } }, 'it can be told again');
});
