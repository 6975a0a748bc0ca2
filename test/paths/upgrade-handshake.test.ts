/** What becomes a tunnel and what does not, and what then becomes of the client's connection: P-WSK of reliability.md. */
import { connect as connectHttp2, constants } from 'node:http2';
import { test } from 'tap';
import { FROM_INSIDE, gatewayFor, SERVER } from '../kit/gateway.ts';
import { until } from '../kit/until.ts';
import { KEY, dial, documentOf, handshake, rawSocketUpstreamFor } from '../kit/web-socket.ts';
import { upstreamFor } from '../kit/upstream.ts';

const NEXT = 'GET /next HTTP/1.1\r\nHost: h\r\n\r\n';

const MALFORMED: readonly (readonly [what: string, lines: Parameters<typeof handshake>[0], line?: string])[] = [
  ['no key', { 'Sec-WebSocket-Key': undefined }],
  ['an empty key', { 'Sec-WebSocket-Key': '' }],
  ['a key of 15 bytes', { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25j' }],
  ['a key of 17 bytes', { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZTE=' }],
  ['a key that is no base64', { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZ?==' }],
  ['two keys', { 'Sec-WebSocket-Key': [KEY, KEY] }],
  ['two keys in a line', { 'Sec-WebSocket-Key': `${KEY}, ${KEY}` }],
  ['no version', { 'Sec-WebSocket-Version': undefined }],
  ['a version that is no number', { 'Sec-WebSocket-Version': '13a' }],
  ['two versions', { 'Sec-WebSocket-Version': ['13', '13'] }],
  ['no Connection', { Connection: undefined }],
  ['a Connection without Upgrade', { Connection: 'keep-alive' }],
  ['a Connection with something like it', { Connection: 'upgrades' }],
  ['a sub-protocol that is no name', { 'Sec-WebSocket-Protocol': 'a b@c' }],
  ['a body of a length', { 'Content-Length': '5' }],
  ['a body in chunks', { 'Transfer-Encoding': 'chunked' }],
  ['POST', {}, 'POST /ws HTTP/1.1'],
  ['HEAD', {}, 'HEAD /ws HTTP/1.1'],
];

test('a malformed handshake is 400, reaches no upstream, and ends its connection', async (t) => {
  const upstream = await rawSocketUpstreamFor(t);
  const gateway = await gatewayFor(t, documentOf(upstream.url));
  for (const [what, lines, line] of MALFORMED) {
    const client = dial(t, gateway.port(), `${handshake(lines, line)}${NEXT}`);
    await until(async () => client.ended(), `${what} stays open`);
    t.match(client.text(), /^HTTP\/1\.1 400 Bad Request\r\n/, what);
    t.equal(client.text().split('HTTP/1.1 ').length, 2, `${what}: what comes behind is no request`);
    if (line?.startsWith('HEAD') !== true) t.match(client.text(), '"code":"gateway/handshake"', what);
  }
  t.same(upstream.heads, []);
  if (FROM_INSIDE) t.equal(gateway.written.length, MALFORMED.length, 'each has its line in the log');
});

test('another version is 426, with the one that would do', async (t) => {
  const upstream = await rawSocketUpstreamFor(t);
  const gateway = await gatewayFor(t, documentOf(upstream.url));
  for (const version of ['777', '8', '0']) {
    const client = dial(t, gateway.port(), `${handshake({ 'Sec-WebSocket-Version': version })}${NEXT}`);
    await until(async () => client.ended(), 'it stays open');
    t.match(client.text(), /^HTTP\/1\.1 426 Upgrade Required\r\n/);
    t.match(client.text(), '\r\nsec-websocket-version: 13\r\n');
    t.match(client.text(), '\r\nconnection: close\r\n');
    t.match(client.text(), '"title":"Upgrade Required"');
  }
  t.same(upstream.heads, []);
});

test('a refusal by a policy is an ordinary answer, and the connection goes on to the next handshake', async (t) => {
  const upstream = await rawSocketUpstreamFor(t);
  const policies =
    '  - { name: shared, plugin: cors, config: { allowOrigins: ["https://app.test"], allowCredentials: true } }';
  const gateway = await gatewayFor(t, documentOf(upstream.url, '', policies));
  const client = dial(t, gateway.port(), handshake({ Origin: 'https://evil.test', Cookie: 's=1' }));
  await client.has('}');
  t.match(client.text(), /^HTTP\/1\.1 403 Forbidden\r\n/);
  t.match(client.text(), '"code":"cors/origin-not-allowed"');
  t.notMatch(client.text(), /connection: close/i);
  t.same(upstream.heads, []);
  client.socket.write(handshake({ Origin: 'https://app.test' }));
  await client.has('HTTP/1.1 101 ');
  t.equal(upstream.heads.length, 1);
});

test('what stands behind a handshake that is refused is neither a tunnel’s nor a request', async (t) => {
  const upstream = await rawSocketUpstreamFor(t);
  const policies = '  - { name: shared, plugin: cors, config: { allowOrigins: ["https://app.test"] } }';
  const gateway = await gatewayFor(t, documentOf(upstream.url, '', policies));
  const client = dial(t, gateway.port(), `${handshake({ Origin: 'https://evil.test' })}${NEXT}`);
  await until(async () => client.ended(), 'it stays open');
  t.match(client.text(), /^HTTP\/1\.1 403 Forbidden\r\n/);
  t.match(client.text(), '\r\nconnection: close\r\n');
  t.equal(client.text().split('HTTP/1.1 ').length, 2);
  t.same(upstream.heads, []);
});

test('a request for another protocol, or over HTTP/1.0, is an ordinary one without the field', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentOf(upstream.url));
  for (const [lines, line] of [
    [{ Upgrade: 'h2c', Connection: 'Upgrade, HTTP2-Settings', 'HTTP2-Settings': 'AAMAAABk' }],
    [{ Upgrade: 'websockets' }],
    [{ Upgrade: 'websocket/13' }],
    [{ Upgrade: '' }],
    [{ Upgrade: 'TLS/1.0, foo' }],
    [{}, 'GET /ws HTTP/1.0'],
  ] as const) {
    upstream.seen.length = 0;
    const client = dial(t, gateway.port(), handshake(lines, line));
    await client.has('ok');
    t.match(client.text(), /^HTTP\/1\.1 200 OK\r\n/);
    t.equal(upstream.seen.length, 1);
    for (const name of ['upgrade', 'http2-settings']) t.notOk(name in (upstream.seen[0]?.headers ?? {}), name);
    t.notMatch(String(upstream.seen[0]?.headers.connection), /upgrade/i);
    client.socket.destroy();
  }
});

test('a handshake is refused by the route as any request is', async (t) => {
  const upstream = await rawSocketUpstreamFor(t);
  const gateway = await gatewayFor(
    t,
    documentOf(upstream.url).replace('upstream: up,', 'upstream: up, basePath: /api,'),
  );
  const client = dial(t, gateway.port(), handshake());
  await client.has('}');
  t.match(client.text(), /^HTTP\/1\.1 404 Not Found\r\n/);
  t.same(upstream.heads, []);
});

test('the builtin echo opens no tunnel: it answers what it would have got', async (t) => {
  const live = 'upstreams: [{ name: up, builtin: echo }]\napiGroups: [{ name: api, upstream: up }]\n';
  const gateway = await gatewayFor(t, `${SERVER}${live}`);
  const client = dial(t, gateway.port(), handshake());
  await client.has('}');
  t.match(client.text(), /^HTTP\/1\.1 200 OK\r\n/);
  t.notMatch(client.text(), '"upgrade"');
});

test('HTTP/2 offers no extended CONNECT, and takes none', async (t) => {
  const upstream = await rawSocketUpstreamFor(t);
  const gateway = await gatewayFor(
    t,
    documentOf(upstream.url).replace('public, address: 127.0.0.1:0', 'public, address: 127.0.0.1:0, protocol: h2c'),
  );
  const session = connectHttp2(`http://127.0.0.1:${gateway.port()}`);
  t.teardown(() => session.destroy());
  await new Promise((resolve) => session.once('remoteSettings', resolve));
  t.not(session.remoteSettings.enableConnectProtocol, true, 'SETTINGS_ENABLE_CONNECT_PROTOCOL is not sent');
  const stream = session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': 'http',
    ':path': '/ws',
    ':authority': 'gateway.test',
  });
  const outcome = await new Promise<string>((resolve) => {
    stream.once('response', (head) => resolve(String(head[':status'])));
    stream.once('error', () => resolve(`reset ${stream.rstCode}`));
  });
  t.match(outcome, new RegExp(`^(?:[45]..|reset ${constants.NGHTTP2_PROTOCOL_ERROR})$`));
  t.same(upstream.heads, []);
});
