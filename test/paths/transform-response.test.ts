import { brotliCompressSync, gzipSync } from 'node:zlib';
import { test } from 'tap';
import { SERVER, gatewayFor } from '../kit/gateway.ts';
import { http2For } from '../kit/http2-client.ts';
import { request } from '../kit/raw-client.ts';
import { until } from '../kit/until.ts';
import { upstreamFor } from '../kit/upstream.ts';

function documentFor(upstream: string, config: string): string {
  const both = SERVER.replace('  admin:', '    - { name: clear, address: 127.0.0.1:0, protocol: h2c }\n  admin:');
  // Where workers serve, the list stands on one line.
  const server = both.includes('listen: [')
    ? both
        .replace(/^ {4}- .*clear.*\n/m, '')
        .replace('127.0.0.1:0 }]', '127.0.0.1:0 }, { name: clear, address: 127.0.0.1:0, protocol: h2c }]')
    : both;
  return `${server}
upstreams: [{ name: up, targets: ["${upstream}"] }]
policies:
  - name: edits
    plugin: transform-response
    config: ${config}
apiGroups: [{ name: api, upstream: up, policies: [edits], routes: [{ name: one, path: "/{kind}" }] }]
`;
}

const CONFIG = `
      headers: { set: { x-kind: "{{ params.kind }}" }, remove: [x-powered-by], rename: { x-up: x-down } }
      body: { set: { /links/self: "{{ request.path }}" }, remove: [/secret] }
      maxBody: 1KiB
`;

const BODY = '{ "secret": "s", "id": 12345678901234567890 }';
const EDITED = (path: string): string => `{ "id": 12345678901234567890, "links": {"self":"${path}"} }`;

test('an answer is edited on its way to the client, whatever its coding, over HTTP/1.1 and HTTP/2', async (t) => {
  const upstream = await upstreamFor(t, ({ url = '' }, response) => {
    const coding = url.slice(1);
    const bytes = coding === 'gzip' ? gzipSync(BODY) : coding === 'br' ? brotliCompressSync(BODY) : Buffer.from(BODY);
    response.setHeader('content-type', 'application/json; charset=utf-8');
    if (coding !== 'plain' && coding !== 'chunked') response.setHeader('content-encoding', coding);
    response.setHeader('etag', '"1"').setHeader('x-up', '1').setHeader('x-powered-by', 'x');
    if (coding === 'chunked') response.write(bytes.subarray(0, 5));
    else response.setHeader('content-length', bytes.length);
    response.end(coding === 'chunked' ? bytes.subarray(5) : bytes);
  });
  const gateway = await gatewayFor(t, documentFor(upstream.url, CONFIG));
  const http2 = http2For(t, gateway.port('clear'));
  for (const kind of ['plain', 'chunked', 'gzip', 'br']) {
    const one = await request(gateway.port(), `GET /${kind}`);
    const two = await http2({ ':path': `/${kind}` });
    const wanted = EDITED(`/${kind}`);
    t.same([one.status, one.body, two.status, two.body], [200, wanted, 200, wanted], kind);
    const { headers } = two;
    for (const header of [
      (name: string) => one.header(name),
      (name: string): string | undefined => headers[name]?.toString(),
    ]) {
      t.equal(header('content-length'), String(wanted.length), kind);
      t.same([header('x-kind'), header('x-down')], [kind, '1'], kind);
      for (const name of ['etag', 'content-encoding', 'x-powered-by', 'x-up']) t.equal(header(name), undefined, name);
    }
  }
});

test('HEAD, 204, 206 and 304 keep their heads but for edited headers, and have no edited body', async (t) => {
  const upstream = await upstreamFor(t, ({ url = '', method }, response) => {
    const status = Number(url.slice(1)) || 200;
    response.writeHead(status, {
      'content-type': 'application/json',
      etag: '"1"',
      'x-up': '1',
      ...(status === 206 ? { 'content-range': 'bytes 0-6/45' } : {}),
      ...(method === 'HEAD' ? { 'content-length': BODY.length } : {}),
    });
    response.end(status === 206 ? BODY.slice(0, 7) : undefined);
  });
  const gateway = await gatewayFor(t, documentFor(upstream.url, CONFIG));
  const http2 = http2For(t, gateway.port('clear'));
  for (const [method, path, status, body] of [
    ['HEAD', '/all', 200, ''],
    ['GET', '/204', 204, ''],
    ['GET', '/206', 206, BODY.slice(0, 7)],
    ['GET', '/304', 304, ''],
  ] as const) {
    const one = await request(gateway.port(), `${method} ${path}`);
    const two = await http2({ ':method': method, ':path': path });
    t.same([one.status, one.body, one.header('etag'), one.header('x-down')], [status, body, '"1"', '1'], path);
    t.same([two.status, two.body, two.headers['etag'], two.headers['x-down']], [status, body, '"1"', '1'], path);
  }
  t.equal((await request(gateway.port(), 'HEAD /all')).header('content-length'), String(BODY.length));
});

test('what no edit is for streams, of any size: other types and event streams', async (t) => {
  let read = '';
  const upstream = await upstreamFor(t, ({ url }, response) => {
    response.writeHead(200, { 'content-type': url === '/events' ? 'text/event-stream' : 'text/csv', 'x-up': '1' });
    response.write('first,');
    void until(async () => read.includes('first,'), 'the first bytes do not pass').then(() =>
      response.end('x'.repeat(5000)),
    );
  });
  const gateway = await gatewayFor(t, documentFor(upstream.url, CONFIG));
  for (const path of ['/csv', '/events']) {
    read = '';
    const response = await fetch(`http://127.0.0.1:${gateway.port()}${path}`);
    t.same([response.status, response.headers.get('x-down')], [200, '1']);
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) read += decoder.decode(chunk, { stream: true });
    t.equal(read.length, 5006, path);
  }
});

test('an answer that cannot be read is 502 and shows nothing of it, over HTTP/1.1 and HTTP/2', async (t) => {
  const upstream = await upstreamFor(t, ({ url }, response) => {
    response.writeHead(200, { 'content-type': url === '/html' ? 'text/html' : 'application/json', 'x-up': '1' });
    response.end(url === '/large' ? JSON.stringify({ secret: 'x'.repeat(2000) }) : '{ "secret": ');
  });
  const gateway = await gatewayFor(t, documentFor(upstream.url, `${CONFIG}      onOtherType: refuse\n`));
  const http2 = http2For(t, gateway.port('clear'));
  for (const [path, code] of [
    ['/cut', 'transform-response/body'],
    ['/html', 'transform-response/type'],
    ['/large', 'gateway/response-too-large'],
  ] as const) {
    for (const answer of [await request(gateway.port(), `GET ${path}`), await http2({ ':path': path })]) {
      t.equal(answer.status, 502, path);
      t.match(JSON.parse(answer.body), { code });
      t.notMatch(answer.body, 'secret');
    }
  }
  const answer = await request(gateway.port(), 'GET /cut');
  t.equal(answer.header('x-kind'), 'cut', 'headers are edited on refusals as well');
});

test('in shadow the client gets what the upstream said, at once, and what would have been is counted', async (t) => {
  const upstream = await upstreamFor(t, ({ url }, response) => {
    response.writeHead(200, { 'content-type': 'application/json', etag: '"1"', 'x-up': '1' });
    response.end(url === '/cut' ? '{' : BODY);
  });
  const document = documentFor(upstream.url, CONFIG).replace('    config:', '    mode: shadow\n    config:');
  const gateway = await gatewayFor(t, document);
  const answer = await request(gateway.port(), 'GET /x');
  t.same([answer.status, answer.body, answer.header('etag')], [200, BODY, '"1"']);
  t.same([answer.header('x-up'), answer.header('x-kind')], ['1', undefined]);
  t.equal((await request(gateway.port(), 'GET /cut')).body, '{');
  const counted = 'policy="edits",plugin="transform-response",outcome="would_refuse"} 1\n';
  await until(async () => (await gateway.cell.metrics()).includes(counted), 'the refusal is not counted');
});
