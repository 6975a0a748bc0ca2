import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { test } from 'tap';
import type { Test } from 'tap';
import { SERVER, gatewayFor } from '../kit/gateway.ts';
import type { TestGateway } from '../kit/gateway.ts';
import { request, sendRaw } from '../kit/raw-client.ts';
import type { RawAnswer } from '../kit/raw-client.ts';
import { upstreamFor } from '../kit/upstream.ts';

const APP = 'https://app.example';
const JSON_LINE = ['Content-Type', 'application/json'] as const;
const SHOP = 'plugins/validate/test/documents/shop-3.0.yaml';

const SCHEMA = `{ type: object, required: [name], properties: { name: { type: string } }, additionalProperties: false }`;

function documentFor(target: string, config: string, server = SERVER): string {
  return `${server}
upstreams: [{ name: up, targets: ["${target}"] }]
policies:
  - { name: web-cors, plugin: cors, config: { allowOrigins: ["${APP}"] } }
  - { name: log, plugin: access-log }
  - name: fits
    plugin: validate
    config:
      ${config}
apiGroups: [{ name: api, upstream: up, policies: [web-cors, log, fits] }]
`;
}

function said(answer: RawAnswer): string {
  return answer.status === 200 ? answer.body : `${answer.status} ${JSON.parse(answer.body).code}`;
}

/** A request whose body has a coding, as bytes. */
function coded(bytes: Uint8Array, coding: string): Uint8Array {
  const head = `POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Encoding: ${coding}\r\nContent-Length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}

test('what fits goes upstream as it came; what does not is a problem that a browser may read, and the log has its code', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url, `body: ${SCHEMA}`));
  const body = '{ "name" : "Tea" }';
  t.equal(said(await request(gateway.port(), 'POST /', [JSON_LINE], body)), 'ok');
  t.equal(upstream.seen[0]?.body.toString(), body);
  const refused = await request(gateway.port(), 'POST /', [JSON_LINE, ['Origin', APP]], '{"name":"Tea","hunter2":1}');
  t.match(JSON.parse(refused.body), {
    status: 400,
    code: 'validate/body',
    detail: 'The body does not fit: /hunter2 is not allowed.',
    policy: 'fits',
  });
  t.equal(refused.header('content-type'), 'application/problem+json');
  t.equal(refused.header('access-control-allow-origin'), APP);
  t.equal(upstream.seen.length, 1);
  if (gateway.written.length > 0)
    t.match(gateway.written.at(-1), {
      status: 400,
      policy: 'fits',
      code: 'validate/body',
      where: /^gateway\.yaml:\d+$/,
    });
});

test('coded bodies are checked decoded, go upstream as they came, and never grow beyond maxBody', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url, `body: ${SCHEMA}\n      maxBody: 64KiB`));
  const port = gateway.port();
  const good = gzipSync('{"name":"Tea"}');
  t.equal(said(await sendRaw(port, coded(good, 'gzip'))), 'ok');
  t.ok(upstream.seen[0]?.body.equals(good));
  t.equal(said(await sendRaw(port, coded(brotliCompressSync('{"name":1}'), 'br'))), '400 validate/body');
  const bomb = gzipSync(Buffer.alloc(32 * 1024 * 1024, '[')); // a thousandth of what it stands for
  t.ok(bomb.length < 64 * 1024);
  t.equal(said(await sendRaw(port, coded(bomb, 'gzip'))), '413 gateway/body-too-large');
  t.equal(
    said(await sendRaw(port, coded(brotliCompressSync(Buffer.alloc(32 * 1024 * 1024)), 'br'))),
    '413 gateway/body-too-large',
  );
  t.equal(said(await sendRaw(port, coded(Buffer.from('no gzip'), 'gzip'))), '400 gateway/body-unreadable');
  t.equal(
    said(await request(port, 'POST /', [JSON_LINE], `{"name":"${'a'.repeat(70_000)}"}`)),
    '413 gateway/body-too-large',
  );
  t.equal(upstream.seen.length, 1);
});

test('a body without a length, in chunks or empty, is checked like any other', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url, `body: ${SCHEMA}`));
  const chunked = (chunks: string) =>
    sendRaw(
      gateway.port(),
      `POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`,
    );
  t.equal(said(await chunked('8\r\n{"name":\r\n6\r\n"Tea"}\r\n')), 'ok');
  t.equal(said(await chunked('2\r\n{}\r\n')), '400 validate/body');
  const empty = await chunked('');
  t.match(JSON.parse(empty.body).detail, 'The body is missing');
  const none = await request(gateway.port(), 'POST /');
  t.match(JSON.parse(none.body).detail, 'The body is missing');
  t.equal(said(await request(gateway.port(), 'GET /')), 'ok');
});

test('a media type that is not checked is 415 before the body comes', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url, `body: ${SCHEMA}`));
  // The body never comes: whoever waited for it would hang.
  const head =
    'POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: text/xml\r\nContent-Length: 1000\r\n\r\n';
  t.equal(said(await sendRaw(gateway.port(), head)), '415 validate/content-type');
});

test('an attack on parser, stack and prototype leaves the gateway as it was', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url, 'body: { type: object }'));
  const post = async (body: string) => said(await request(gateway.port(), 'POST /', [JSON_LINE], body));
  t.equal(await post('['.repeat(200_000)), '400 validate/body');
  t.equal(await post('{"a":'.repeat(100_000)), '400 validate/body');
  t.equal(await post('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'), 'ok');
  t.equal(Reflect.get({}, 'polluted'), undefined);
  t.equal(await post('{"a":1,"a":2}'), '400 validate/body');
  t.equal(await post('{}'), 'ok');
});

/** What came of a request over HTTP/2: one without a body says so in its first frame. */
async function ask(session: ClientHttp2Session, headers: Record<string, string>, body?: string): Promise<string> {
  const stream = session.request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
  await new Promise((resolve, reject) => stream.once('end', resolve).once('error', reject));
  return text.startsWith('{') ? JSON.parse(text).detail : text;
}

test('over HTTP/2, where no header says so, a body that is not there is missing', async (t) => {
  const upstream = await upstreamFor(t);
  const server = SERVER.replace(
    'name: public, address: 127.0.0.1:0',
    'name: public, address: 127.0.0.1:0, protocol: h2c',
  );
  const gateway = await gatewayFor(t, documentFor(upstream.url, `body: ${SCHEMA}`, server));
  const session = connectHttp2(`http://127.0.0.1:${gateway.port()}`);
  t.teardown(() => session.destroy());
  const head = { ':path': '/', ':method': 'POST', 'content-type': 'application/json' };
  t.equal(await ask(session, head), 'The body is missing, and it is required.');
  t.equal(await ask(session, head, ''), 'The body is missing, and it is required.');
  t.equal(await ask(session, head, '{"name":1}'), 'The body does not fit: /name must be a text.');
  t.equal(await ask(session, head, '{"name":"Tea"}'), 'ok');
  t.equal(await ask(session, { ':path': '/' }), 'ok');
});

/** A gateway in front of an API whose OpenAPI document lies in a file. */
async function apiFor(t: Test, target: string, text: string): Promise<TestGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'openapi.yaml');
  writeFileSync(file, text);
  return gatewayFor(t, documentFor(target, `openapi: "\${file:${file}}"\n      otherContentTypes: pass`));
}

test('an OpenAPI document in a file says what operations there are and what they take', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await apiFor(t, upstream.url, readFileSync(SHOP, 'utf8'));
  const tenant = ['X-Tenant', 't-1'] as const;
  const send = async (line: string, body = '') => said(await request(gateway.port(), line, [tenant, JSON_LINE], body));
  t.equal(await send('GET /shop/items?limit=5&tag=a&tag=b'), 'ok');
  t.equal(upstream.seen.at(-1)?.url, '/shop/items?limit=5&tag=a&tag=b');
  t.equal(await send('GET /shop/items?limit=500'), '400 validate/query');
  t.equal(await send('GET /shop/items/zero'), '400 validate/params');
  t.equal(said(await request(gateway.port(), 'GET /shop/items')), '400 validate/headers');
  t.equal(await send('POST /shop/items', '{"name":"Tea","parts":[{"name":"Leaf"}]}'), 'ok');
  t.equal(await send('POST /shop/items', '{"name":"Tea","parts":[{"name":""}]}'), '400 validate/body');
  t.equal(await send('GET /nowhere'), '404 validate/operation');
  const method = await request(gateway.port(), 'DELETE /shop/items/1');
  t.same([said(method), method.header('allow')], ['405 validate/operation', 'GET, PATCH, HEAD']);
});

test('a schema or a document that cannot be used refuses the reload, and what served goes on', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url, `body: ${SCHEMA}`));
  for (const [config, codes] of [
    ['body: { typ: object }', ['validate/keyword']],
    ['body: { pattern: "(?=a)" }', ['validate/pattern']],
    ['body: { $ref: "https://schemas.example/a.json" }', ['validate/reference']],
    ['openapi: { openapi: 3.1.0, paths: { "/a": { get: { parameters: [{ in: query }] } } } }', ['validate/openapi']],
  ] as const)
    t.same(await gateway.apply(documentFor(upstream.url, config)), codes, config);
  t.equal(said(await request(gateway.port(), 'POST /', [JSON_LINE], '{}')), '400 validate/body');
});
