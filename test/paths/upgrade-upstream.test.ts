/** What an upstream may answer to a handshake. */
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'tap';
import { FROM_INSIDE, gatewayFor, SERVER } from '../kit/gateway.ts';
import { freePort } from '../kit/free-port.ts';
import { pluginOf } from '../kit/policies.ts';
import { request } from '../kit/raw-client.ts';
import { until } from '../kit/until.ts';
import { acceptOf, dial, documentOf, handshake, rawSocketUpstreamFor, switching } from '../kit/web-socket.ts';

const head = (...lines: readonly string[]): string =>
  `HTTP/1.1 101 Switching Protocols\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
const [UPGRADE, CONNECTION] = ['Upgrade: websocket', 'Connection: Upgrade'];

/** By what is wrong: the answer for a key. */
const BAD: Readonly<Record<string, (key: string) => string>> = {
  'no accept': () => head(UPGRADE, CONNECTION),
  'the accept of another key': () =>
    head(UPGRADE, CONNECTION, `Sec-WebSocket-Accept: ${acceptOf('AAAAAAAAAAAAAAAAAAAAAA==')}`),
  'an accept in another case': (key) =>
    head(UPGRADE, CONNECTION, `Sec-WebSocket-Accept: ${acceptOf(key).toUpperCase()}`),
  'two accepts': (key) => switching(key, `Sec-WebSocket-Accept: ${acceptOf(key)}\r\n`),
  'no Upgrade': (key) => head(CONNECTION, `Sec-WebSocket-Accept: ${acceptOf(key)}`),
  'another protocol': (key) => head('Upgrade: h2c', CONNECTION, `Sec-WebSocket-Accept: ${acceptOf(key)}`),
  'two protocols': (key) => head('Upgrade: websocket, h2c', CONNECTION, `Sec-WebSocket-Accept: ${acceptOf(key)}`),
  'no Connection': (key) => head(UPGRADE, `Sec-WebSocket-Accept: ${acceptOf(key)}`),
  'a Connection without Upgrade': (key) => head(UPGRADE, 'Connection: close', `Sec-WebSocket-Accept: ${acceptOf(key)}`),
  'a sub-protocol that was not offered': (key) => switching(key, 'Sec-WebSocket-Protocol: c\r\n'),
  'a sub-protocol in another case': (key) => switching(key, 'Sec-WebSocket-Protocol: A\r\n'),
  'two sub-protocols': (key) => switching(key, 'Sec-WebSocket-Protocol: a, b\r\n'),
  'an extension that was not offered': (key) => switching(key, 'Sec-WebSocket-Extensions: x, y\r\n'),
  'a length': (key) => switching(key, 'Content-Length: 4\r\n'),
  'a transfer coding': (key) => switching(key, 'Transfer-Encoding: chunked\r\n'),
  'a version of HTTP without it': (key) => switching(key).replace('HTTP/1.1', 'HTTP/1.0'),
  'a bad field': (key) => switching(key, 'X-A: a\0b\r\n'),
};

test('a 101 that is no answer to the handshake is 502, and the upstream’s connection is closed', async (t) => {
  for (const [what, answer] of Object.entries(BAD)) {
    const upstream = await rawSocketUpstreamFor(t, answer);
    const gateway = await gatewayFor(t, documentOf(upstream.url));
    const client = dial(
      t,
      gateway.port(),
      handshake({ 'Sec-WebSocket-Protocol': 'a, b', 'Sec-WebSocket-Extensions': 'x;q=1' }),
    );
    await client.has('}');
    t.match(client.text(), /^HTTP\/1\.1 502 Bad Gateway\r\n/, what);
    t.match(client.text(), '"code":"upstream/failed"', what);
    await until(async () => upstream.tunnels[0]?.ended() === true, `${what}: the upstream's connection stays`);
    client.socket.write('GET /next HTTP/1.1\r\nHost: h\r\n\r\n');
    await until(async () => client.text().split('HTTP/1.1 ').length === 3, 'the connection goes on');
    client.socket.destroy();
    await gateway.close();
  }
});

test('a 101 to a request that asked for no other protocol stays 502', async (t) => {
  const upstream = await rawSocketUpstreamFor(t);
  const gateway = await gatewayFor(t, documentOf(upstream.url));
  for (const lines of [[], [['Upgrade', 'h2c']]] as const) {
    const answer = await request(gateway.port(), 'GET /', lines);
    t.equal(answer.status, 502);
  }
});

for (const [status, more] of [
  ['401 Unauthorized', 'WWW-Authenticate: Basic\r\n'],
  ['426 Upgrade Required', 'Upgrade: x\r\nConnection: Upgrade\r\n'],
  ['200 OK', ''],
  ['302 Found', 'Location: /other\r\n'],
] as const)
  test(`${status} is relayed as it is, and the upstream's connection is not used again`, async (t) => {
    const upstream = await rawSocketUpstreamFor(t, () => `HTTP/1.1 ${status}\r\n${more}Content-Length: 4\r\n\r\nbody`);
    const gateway = await gatewayFor(t, documentOf(upstream.url));
    const client = dial(t, gateway.port(), handshake());
    await client.has('\r\n\r\nbody');
    t.ok(client.text().startsWith(`HTTP/1.1 ${status}\r\n`));
    t.notMatch(client.text().toLowerCase(), /\r\n(?:upgrade|sec-websocket-accept):/);
    client.socket.write('GET /next HTTP/1.1\r\nHost: h\r\n\r\n');
    await until(async () => upstream.heads.length === 2, 'the connection does not go on');
    t.equal(upstream.tunnels.length, 2);
    await until(async () => upstream.tunnels[0]?.ended() === true, 'the first connection is kept');
  });

test('informational answers before the 101 are read over', async (t) => {
  const upstream = await rawSocketUpstreamFor(
    t,
    (key) => `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${switching(key)}`,
  );
  const gateway = await gatewayFor(t, documentOf(upstream.url));
  const client = dial(t, gateway.port(), handshake());
  await client.has('\r\n\r\n');
  t.match(client.text(), /^HTTP\/1\.1 101 /);
});

test('an upstream that breaks off, or is late, is 502 or 504', async (t) => {
  const upstream = await rawSocketUpstreamFor(t, () => undefined);
  const gateway = await gatewayFor(t, documentOf(upstream.url, ', timeouts: { headers: 300ms }'));
  const late = dial(t, gateway.port(), handshake());
  await late.has('}');
  t.match(late.text(), /^HTTP\/1\.1 504 Gateway Timeout\r\n/);
  const broken = dial(t, gateway.port(), handshake());
  await until(async () => upstream.tunnels.length === 2, 'no call');
  upstream.tunnels[1]?.socket.write('HTTP/1.1 101 Swi');
  upstream.tunnels[1]?.socket.end();
  await broken.has('}');
  t.match(broken.text(), /^HTTP\/1\.1 502 Bad Gateway\r\n/);
});

test('a target that cannot be reached is passed over for the next', async (t) => {
  const upstream = await rawSocketUpstreamFor(t);
  const gone = await freePort();
  const gateway = await gatewayFor(
    t,
    documentOf(upstream.url).replace('targets: [', `targets: ["http://127.0.0.1:${gone}", `),
  );
  for (const _ of [1, 2]) {
    const client = dial(t, gateway.port(), handshake());
    await client.has('HTTP/1.1 101 ');
  }
});

test('targets that nobody should reach are not reached by handshakes either', async (t) => {
  const upstream = await rawSocketUpstreamFor(t);
  const live = documentOf(`http://localhost:${upstream.port}`).slice(SERVER.length);
  const gateway = await gatewayFor(t, `${SERVER}  denyTargets: ["127.0.0.0/8", "::1/128"]\n${live}`);
  const client = dial(t, gateway.port(), handshake());
  await client.has('}');
  t.match(client.text(), /^HTTP\/1\.1 502 Bad Gateway\r\n/);
  t.same(upstream.heads, []);
});

test('a client that leaves before the 101 ends the call', async (t) => {
  const upstream = await rawSocketUpstreamFor(t, () => undefined);
  const gateway = await gatewayFor(t, documentOf(upstream.url));
  const client = dial(t, gateway.port(), handshake());
  await until(async () => upstream.tunnels.length === 1, 'no call');
  client.socket.destroy();
  await until(async () => upstream.tunnels[0]?.ended() === true, 'the call goes on');
  if (FROM_INSIDE) t.equal(gateway.written.length, 1);
});

test('what a client sends ahead of the 101 is kept within bounds, and comes whole', async (t) => {
  const upstream = await rawSocketUpstreamFor(t, () => undefined);
  const gateway = await gatewayFor(t, documentOf(upstream.url));
  const client = dial(t, gateway.port(), handshake());
  await until(async () => upstream.heads.length === 1, 'no call');
  const ahead = Buffer.from(Uint8Array.from({ length: 32 * 1024 * 1024 }, (_, at) => (at * 7919) & 127));
  client.socket.write(ahead);
  await wait(300);
  t.ok(client.socket.writableLength > 0, 'the gateway stops reading');
  const [tunnel] = upstream.tunnels;
  tunnel?.socket.write(switching(/^sec-websocket-key: (.*)$/im.exec(upstream.heads[0] ?? '')?.[1] ?? ''));
  await until(async () => tunnel?.text().length === ahead.length, 'it does not come');
  t.ok(tunnel?.text() === ahead.toString('latin1'), 'every byte of it, in order');
});

test('a head that cannot be sent, of whatever a policy made it, is 502', async (t) => {
  const upstream = await rawSocketUpstreamFor(t);
  const bad = pluginOf('bad', () => ({ response: ({ response }) => response.headers.set('x-bad', 'a\nb: c') }));
  const gateway = await gatewayFor(t, documentOf(upstream.url, '', '  - { name: bad, plugin: bad }'), [bad]);
  const client = dial(t, gateway.port(), handshake());
  await client.has('\r\n\r\n');
  t.match(client.text(), /^HTTP\/1\.1 502 Bad Gateway\r\n/);
  await until(async () => upstream.tunnels[0]?.ended() === true, 'the upstream is kept');
});
