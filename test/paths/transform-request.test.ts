import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { refuse } from '@postern/kit';
import { test } from 'tap';
import { gatewayFor } from '../kit/gateway.ts';
import { http2For } from '../kit/http2-client.ts';
import { pluginOf } from '../kit/policies.ts';
import { request, sendRaw } from '../kit/raw-client.ts';
import { until } from '../kit/until.ts';
import { upstreamFor } from '../kit/upstream.ts';

/** A gateway that speaks both versions, with these policies in front of `/shop/items/{id}`. */
function documentFor(upstream: string, policies: string, names: string): string {
  return `server:
  listen:
    - { name: public, address: 127.0.0.1:0 }
    - { name: clear, address: 127.0.0.1:0, protocol: h2c }
  admin: { address: 127.0.0.1:0 }
  drainTimeout: 2s
upstreams: [{ name: up, targets: ["${upstream}"] }]
policies:
${policies}
apiGroups:
  - name: api
    basePath: /shop
    stripBasePath: true
    upstream: up
    policies: [${names}]
    routes: [{ name: one, path: "/items/{id}" }]
`;
}

const EDITS = `  - name: edits
    plugin: transform-request
    config:
      rules:
        - { operation: upsert, location: header, key: X-Item, value: "item {{ params.id }}" }
        - { operation: rename, location: header, key: X-Old, value: X-New }
        - { operation: upsert, location: query, key: id, value: "{{ params.id }}" }
        - { operation: remove, location: query, key: debug }
        - { operation: upsert, location: body, key: /meta/path, value: "{{ request.path }}" }
        - { operation: remove, location: body, key: /admin }
      path: { pattern: "^/items/", replacement: "/v2/things/" }
`;

test('a request is edited on its way to the upstream, over HTTP/1.1 and HTTP/2', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url, EDITS, 'edits'));
  const body = '{ "admin": true, "id": 12345678901234567890 }';
  const wanted = '{ "id": 12345678901234567890, "meta": {"path":"/shop/items/a%20b"} }';
  const http2 = http2For(t, gateway.port('clear'));
  const path = '/shop/items/a%20b?debug=1&x=%7e';
  const headers = { 'content-type': 'application/json', 'x-old': 'old', digest: 'sha-256=x' };
  t.equal((await request(gateway.port(), `POST ${path}`, Object.entries(headers), body)).status, 200);
  t.equal((await http2({ ':method': 'POST', ':path': path, ...headers }, body)).status, 200);
  const coded = gzipSync(body);
  const head = `POST ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Old: old\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: ${coded.length}\r\n\r\n`;
  t.equal((await sendRaw(gateway.port(), Buffer.concat([Buffer.from(head), coded]))).status, 200);
  t.equal(upstream.seen.length, 3);
  for (const seen of upstream.seen) {
    t.equal(seen.url, '/v2/things/a%20b?x=%7e&id=a%20b');
    t.equal(seen.body.toString(), wanted);
    t.match(seen.headers, { 'x-item': 'item a%20b', 'x-new': 'old', 'content-length': String(wanted.length) });
    for (const name of ['x-old', 'content-encoding', 'digest']) t.equal(seen.headers[name], undefined, name);
  }
});

test("a client's mistake is told to the client, over HTTP/1.1 and HTTP/2", async (t) => {
  const upstream = await upstreamFor(t);
  const strict = EDITS.replace('      rules:', '      onOtherType: refuse\n      maxBody: 100B\n      rules:').replace(
    'pattern: "^/items/", replacement: "/v2/things/"',
    'pattern: "^/items/", replacement: "/v2/{{ request.query.to }}/"',
  );
  const gateway = await gatewayFor(t, documentFor(upstream.url, strict, 'edits'));
  const http2 = http2For(t, gateway.port('clear'));
  for (const [body, type, query, status, code] of [
    ['{', 'application/json', 'to=x', 400, 'transform-request/body'],
    ['{}', 'text/plain', 'to=x', 415, 'transform-request/type'],
    [`"${'x'.repeat(200)}"`, 'application/json', 'to=x', 413, 'gateway/body-too-large'],
    ['{}', 'application/json', 'to=..', 400, 'transform-request/path'],
    ['{}', 'application/json', 'to=a%2fb', 400, 'transform-request/path'],
    ['{}', 'application/json', '', 400, 'transform-request/path'],
  ] as const) {
    const path = `/shop/items/1?${query}`;
    const headers = { 'content-type': type };
    const one = await request(gateway.port(), `POST ${path}`, Object.entries(headers), body);
    const two = await http2({ ':method': 'POST', ':path': path, ...headers }, body);
    for (const answer of [one, two]) {
      t.equal(answer.status, status, `${code} ${query}`);
      t.match(JSON.parse(answer.body), { code });
    }
  }
  t.equal(upstream.seen.length, 0);
});

test('a body that no edit is for streams: the upstream gets its first bytes before its last ones are sent', async (t) => {
  const { server, seen, url } = await upstreamFor(t);
  let first = '';
  server.prependListener('request', (incoming: NodeJS.ReadableStream) => {
    incoming.once('data', (chunk: Buffer) => void (first = chunk.toString()));
  });
  // One names a body and one does not: neither reads what is no JSON.
  const head = EDITS.replace('edits', 'head').replace(/^.*location: body.*\n/gm, '');
  const gateway = await gatewayFor(t, documentFor(url, `${EDITS}${head}`, 'head, edits'));
  const socket = connect(gateway.port(), '127.0.0.1');
  socket.write(
    'POST /shop/items/1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nhello',
  );
  await until(async () => first === 'hello', 'the first bytes do not pass');
  socket.end('world');
  socket.resume();
  await once(socket, 'close');
  t.equal(seen[0]?.body.toString(), 'helloworld');
  t.equal(seen[0]?.headers['x-item'], 'item 1', 'its head is edited all the same');
});

test('of several policies that read a body each sees what those before it made of it, in the written order', async (t) => {
  const upstream = await upstreamFor(t);
  // Stands for any policy that judges bodies.
  const judge = pluginOf('judge', (wanted) => ({
    requestBody: {
      limit: 1024,
      run: (_exchange, body) =>
        body.text() === wanted ? undefined : refuse({ status: 422, code: 'judge/no', detail: body.text() }),
    },
  }));
  const policies = `  - { name: add, plugin: transform-request, config: { body: { set: { /a: 1 } } } }
  - { name: count, plugin: transform-request, config: { rules: [{ operation: replace, location: body, key: /a, value: 2 }] } }
  - { name: before, plugin: judge, config: { tag: '{}' } }
  - { name: between, plugin: judge, config: { tag: '{"a":1}' } }
  - { name: behind, plugin: judge, config: { tag: '{"a":2}' } }
`;
  const gateway = await gatewayFor(t, documentFor(upstream.url, policies, 'before, add, between, count, behind'), [
    judge,
  ]);
  const send = () => request(gateway.port(), 'POST /shop/items/1', [['Content-Type', 'application/json']], '{}');
  t.equal((await send()).status, 200);
  t.equal(upstream.seen[0]?.body.toString(), '{"a":2}');
  t.same(await gateway.apply(documentFor(upstream.url, policies, 'before, count, behind, add')), []);
  const refused = await send();
  t.equal(refused.status, 422);
  t.match(JSON.parse(refused.body), { code: 'judge/no', detail: '{}', policy: 'behind' });
});
