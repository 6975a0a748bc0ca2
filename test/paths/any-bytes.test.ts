/** No input of a client ever yields a 500, ends the process, or reaches another client's answer. */
import { connect } from 'node:net';
import { test } from 'tap';
import { SERVER, gatewayFor } from '../kit/gateway.ts';
import { request } from '../kit/raw-client.ts';
import { until } from '../kit/until.ts';
import { upstreamFor } from '../kit/upstream.ts';
import fc from '../kit/properties.ts';

const DOCUMENT = (upstream: string): string => `${SERVER}  limits: { headersTimeout: 5s, requestTimeout: 5s }
upstreams: [{ name: up, targets: ["${upstream}"] }]
gateway: { policies: [id, log] }
policies:
  - { name: id, plugin: request-id, config: { trust: true } }
  - { name: log, plugin: access-log }
  - { name: cors, plugin: cors, config: { allowOrigins: ["~https://.+\\\\.test", "https://*.example.com"], allowCredentials: true, allowMethods: ["*"], allowHeaders: ["*"], enforcement: strict } }
apiGroups: [{ name: api, basePath: /api, upstream: up, policies: [inherit, cors] }]
`;

const piece = fc.oneof(
  fc.constantFrom(
    'GET',
    'POST',
    'OPTIONS',
    'PROPFIND',
    'TRACE',
    'CONNECT',
    'get',
    '/api',
    '/api/x?y=z',
    '*',
    '/%zz',
    '/api/../x',
    'http://h/api',
    '//',
  ),
  fc.constantFrom(' HTTP/1.1', ' HTTP/1.0', ' HTTP/2', '\r\n', '\n', '\r', ' ', ': ', '\0', '\t'),
  fc.constantFrom(
    'Host: h',
    'Host: h\r\nHost: i',
    'Host: @',
    'Origin: https://a.test',
    'Origin: null',
    'Origin: https://a.test, https://b.test',
    'Connection: close',
    'Connection: upgrade, x',
  ),
  fc.constantFrom(
    'Content-Length: 3',
    'Content-Length: -1',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: gzip',
    'Expect: 100-continue',
    'Expect: x',
    'Upgrade: websocket',
    'X-Forwarded-For: x',
  ),
  fc.constantFrom(
    'Access-Control-Request-Method: PUT',
    'Access-Control-Request-Method: ',
    `Access-Control-Request-Headers: ${',x'.repeat(300)}`,
    'X-Request-Id: a b',
    '3\r\nabc\r\n0\r\n\r\n',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const head = fc
  .tuple(
    fc.constantFrom('GET', 'POST', 'OPTIONS', 'PUT', 'QUERY'),
    fc.oneof(fc.constantFrom('/api/x', '/', '*', '/api/%2e%2e'), fc.string({ unit: 'grapheme-ascii', maxLength: 12 })),
    fc.array(piece, { maxLength: 8 }),
  )
  .map(([method, target, lines]) => `${method} ${target} HTTP/1.1\r\nHost: h\r\n${lines.join('\r\n')}\r\n\r\n`);
const bytes = fc.oneof(
  head,
  fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join('')),
);

/** Everything the gateway says to these bytes until it has nothing more to say. */
function say(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk: Buffer) => void (answer += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
    socket.write(Buffer.from(text, 'latin1'));
    setTimeout(() => socket.end(), 15);
  });
}

test('no bytes of a client make a 500 or stop the gateway, and an honest client beside them is served', async (t) => {
  const upstream = await upstreamFor(t, (incoming, response) => response.end(String(incoming.headers['x-nonce'])));
  const gateway = await gatewayFor(t, DOCUMENT(upstream.url));
  let nonce = 0;
  const property = fc.asyncProperty(fc.array(bytes, { minLength: 1, maxLength: 8 }), async (texts) => {
    nonce += 1;
    const [honest, ...answers] = await Promise.all([
      request(gateway.port(), 'GET /api/x', [
        ['Origin', 'https://a.test'],
        ['X-Nonce', String(nonce)],
      ]),
      ...texts.map((text) => say(gateway.port(), text)),
    ]);
    if (honest.status !== 200 || honest.body !== String(nonce))
      throw new Error(`the honest client got ${honest.status} ${honest.body}`);
    for (const answer of answers) if (/^HTTP\/1\.1 500 /m.test(answer)) throw new Error(`500: ${answer.slice(0, 300)}`);
  });
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000);
  t.comment(`seed ${seed}`);
  await fc.assert(property, { numRuns: 150, seed });
  t.notOk(
    gateway.said.some(({ message }) => message === 'the gateway failed on a request'),
    'no mistake of ours in the log',
  );
  for (const { rawHeaders } of upstream.seen)
    t.notOk(
      rawHeaders.some((line) => /[\0\r\n]/.test(line)),
      'no control byte went upstream',
    );
  await until(async () => gateway.cell.status().liveSnapshots === 1, 'a snapshot stays');
});
