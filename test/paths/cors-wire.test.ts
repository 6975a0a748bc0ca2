import { connect as connectHttp2 } from 'node:http2';
import { test } from 'tap';
import { stubPolicy } from '../cases/stub-policy.ts';
import { FROM_INSIDE, SERVER, gatewayFor } from '../kit/gateway.ts';
import { request, sendRaw } from '../kit/raw-client.ts';
import type { RawAnswer } from '../kit/raw-client.ts';
import { upstreamFor } from '../kit/upstream.ts';

const APP = 'https://app.example';
const EVIL = 'https://evil.example';

/** One group in front of `target` with a cors policy of this config; `more` is further YAML of the policy list and group. */
function documentFor(
  target: string,
  config: object,
  more: { readonly policies?: string; readonly list?: string; readonly group?: string; readonly server?: string } = {},
): string {
  return `${SERVER}${more.server ?? ''}
upstreams:
  - { name: up, targets: ["${target}"] }
policies:
  - { name: web-cors, plugin: cors, config: ${JSON.stringify(config)} }
${more.policies ?? ''}
apiGroups:
  - { name: api, basePath: /api, upstream: up, policies: ${more.list ?? '[web-cors]'}${more.group ?? ''} }
`;
}

/** Lines that belong to CORS, and the length; sorted, so that nothing more can hide. */
const corsLines = ({ lines }: RawAnswer) =>
  lines
    .filter(([name]) => /^(?:access-control-|vary$|timing-)/.test(name))
    .map(([name, value]) => `${name}: ${value}`)
    .toSorted();
const preflight = (origin: string, method = 'PUT') =>
  [
    ['Origin', origin],
    ['Access-Control-Request-Method', method],
  ] as const;

test('204 has neither body nor length, 200 says content-length: 0 once', async (t) => {
  const gateway = await gatewayFor(t, documentFor('http://127.0.0.1:1', { allowOrigins: [APP] }));
  for (const origin of [APP, EVIL]) {
    const none = await request(gateway.port(), 'OPTIONS /api/x', preflight(origin));
    t.equal(none.status, 204);
    t.equal(none.body, '');
    t.same(
      none.lines.map(([name]) => name).filter((name) => /^(?:content-|transfer-)/.test(name)),
      [],
    );
  }
  t.same(await gateway.apply(documentFor('http://127.0.0.1:1', { allowOrigins: [APP], preflightStatus: 200 })), []);
  for (const origin of [APP, EVIL]) {
    const empty = await request(gateway.port(), 'OPTIONS /api/x', preflight(origin));
    t.equal(empty.status, 200);
    t.same(
      empty.lines.filter(([name]) => name === 'content-length'),
      [['content-length', '0']],
    );
  }
});

test('strict answers a problem document that says which rule, with CORS headers once', async (t) => {
  const upstream = await upstreamFor(t);
  const config = { allowOrigins: [APP], allowMethods: ['PUT'], allowHeaders: ['x-a'], enforcement: 'strict' };
  const gateway = await gatewayFor(t, documentFor(upstream.url, config));
  const denied = await request(gateway.port(), 'GET /api/x', [['Origin', EVIL]]);
  t.equal(denied.status, 403);
  t.equal(denied.header('content-type'), 'application/problem+json');
  t.match(JSON.parse(denied.body), {
    code: 'cors/origin-not-allowed',
    policy: 'web-cors',
    status: 403,
    detail: /origin/,
    requestId: /./,
  });
  t.notMatch(denied.body, /evil/, 'a refusal repeats nothing that the client sent');
  t.same(corsLines(denied), ['vary: Origin']);
  const method = await request(gateway.port(), 'DELETE /api/x', [['Origin', APP]]);
  t.match(JSON.parse(method.body), { code: 'cors/method-not-allowed' });
  t.same(corsLines(method), [`access-control-allow-origin: ${APP}`, 'vary: Origin']);
  const asked = await request(gateway.port(), 'OPTIONS /api/x', [
    ...preflight(APP),
    ['Access-Control-Request-Headers', 'x-b'],
  ]);
  t.equal(asked.status, 403);
  t.match(JSON.parse(asked.body), { code: 'cors/header-not-allowed' });
  t.same(corsLines(asked), [
    'access-control-allow-headers: x-a',
    'access-control-allow-methods: PUT',
    `access-control-allow-origin: ${APP}`,
    'access-control-max-age: 900',
    'vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
  ]);
  t.same(upstream.seen, []);
});

test('answers that the gateway makes itself carry the CORS headers of the route or group', async (t) => {
  const upstream = await upstreamFor(t, () => undefined); // never answers
  const text = `${SERVER}  limits: { bodyBytes: 10 }
upstreams:
  - { name: up, targets: ["${upstream.url}"], timeouts: { headers: 100ms } }
  - { name: nobody, targets: ["http://127.0.0.1:1"] }
policies:
  - { name: web-cors, plugin: cors, config: { allowOrigins: ["${APP}"], exposeHeaders: [x-request-id] } }
  - { name: turns-away, plugin: stub, config: { status: 401 } }
  - { name: throws, plugin: stub, config: { status: 500 } }
apiGroups:
  - name: api
    basePath: /api
    upstream: up
    policies: [web-cors]
    routes:
      - { name: one, path: /one, methods: [GET] }
      - { name: two, path: /two, policies: [turns-away] }
      - { name: three, path: /three, policies: [throws] }
      - { name: big, path: /big }
  - { name: down, basePath: /down, upstream: nobody, policies: [web-cors] }
`;
  const gateway = await gatewayFor(t, text, [stubPolicy]);
  const table: [line: string, status: number][] = [
    ['GET /api/nowhere', 404],
    ['DELETE /api/one', 405],
    ['GET /api/two', 401],
    ['GET /api/three', 500],
    ['POST /api/big', 413],
    ['GET /api/one', 504],
    ['GET /down/x', 502],
  ];
  for (const [line, status] of table) {
    const body = status === 413 ? 'more than ten bytes' : '';
    const answer = await request(gateway.port(), line, [['Origin', APP]], body);
    t.equal(answer.status, status, line);
    t.equal(answer.header('access-control-allow-origin'), APP, line);
    t.equal(answer.header('access-control-expose-headers'), 'x-request-id', line);
    t.match(answer.header('vary'), /Origin/, line);
    t.notOk(answer.header('access-control-allow-methods'), `${line}: no other policy gets a CORS header in`);
    const denied = await request(gateway.port(), line, [['Origin', EVIL]], body);
    t.same(
      corsLines(denied).filter((found) => !found.startsWith('vary')),
      [],
      `${line}: a denied origin reads no error either`,
    );
    t.match(denied.header('vary'), /Origin/, line);
  }
  t.equal(
    (await request(gateway.port(), 'OPTIONS /api/nowhere', preflight(APP))).status,
    204,
    'the whole base path is answered',
  );
});

test('a preflight takes the policy of the route that its method would take', async (t) => {
  const gateway = await gatewayFor(
    t,
    documentFor(
      'http://127.0.0.1:1',
      { allowOrigins: [APP] },
      {
        policies:
          '  - { name: narrow, plugin: cors, config: { allowOrigins: ["https://narrow.example"] } }\n  - { name: no-cors, plugin: cors, mode: off }',
        group:
          ', routes: [{ name: get, path: /x, methods: [GET] }, { name: put, path: /x, methods: [PUT], policies: [narrow] }, { name: none, path: /none, policies: [no-cors] }]',
      },
    ),
  );
  const origins = async (path: string, method: string) => {
    const allowed: string[] = [];
    for (const origin of [APP, 'https://narrow.example']) {
      const answer = await request(gateway.port(), `OPTIONS ${path}`, preflight(origin, method));
      if (answer.header('access-control-allow-origin') === origin) allowed.push(origin);
    }
    return allowed;
  };
  t.same(await origins('/api/x', 'GET'), [APP]);
  t.same(await origins('/api/x', 'PUT'), ['https://narrow.example'], 'the narrowest wins whole');
  t.same(await origins('/api/none', 'GET'), [], 'off switches the wider one off');
  t.equal(
    (await request(gateway.port(), 'OPTIONS /api/none', preflight(APP))).status,
    502,
    'and the preflight goes upstream',
  );
});

test('two cors policies at one level are an issue', async (t) => {
  const gateway = await gatewayFor(t, documentFor('http://127.0.0.1:1', {}));
  const two = documentFor(
    'http://127.0.0.1:1',
    {},
    { policies: '  - { name: more-cors, plugin: cors }', list: '[web-cors, more-cors]' },
  );
  t.not((await gateway.apply(two)).length, 0);
  t.equal(
    (await request(gateway.port(), 'OPTIONS /api/x', preflight(APP))).status,
    204,
    'the last good document serves',
  );
});

test('the own origin of a request passes strict; host and scheme are believed from trusted proxies only', async (t) => {
  const upstream = await upstreamFor(t);
  const strict = { allowOrigins: [APP], enforcement: 'strict' };
  const gateway = await gatewayFor(t, documentFor(upstream.url, strict));
  const post = async (origin: string, more: readonly (readonly [string, string])[] = []) =>
    (await request(gateway.port(), 'POST /api/x', [['Host', 'shop.example'], ['Origin', origin], ...more])).status;
  t.equal(await post('http://shop.example'), 200);
  t.equal(await post('http://shop.example:81'), 403);
  t.equal(await post('https://shop.example'), 403);
  t.equal(await post('https://shop.example', [['X-Forwarded-Proto', 'https']]), 403, 'anybody can say so');
  const behind = await gatewayFor(t, documentFor(upstream.url, strict, { server: '  trustedProxies: [127.0.0.1]\n' }));
  const answer = await request(behind.port(), 'POST /api/x', [
    ['Host', 'shop.example'],
    ['Origin', 'https://shop.example'],
    ['X-Forwarded-Proto', 'https'],
  ]);
  t.equal(answer.status, 200);
  t.same(corsLines(answer), ['vary: Origin']);
});

test('a web socket handshake from an origin that is not allowed is refused in both enforcements', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url, { allowOrigins: [APP] }));
  const handshake = (origin: string) =>
    sendRaw(
      gateway.port(),
      `GET /api/ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: ${origin}\r\n\r\n`,
    );
  for (const enforcement of ['browser', 'strict']) {
    t.same(await gateway.apply(documentFor(upstream.url, { allowOrigins: [APP], enforcement, maxAge: 1 })), []);
    const refused = await handshake(EVIL);
    t.equal(refused.status, 403, enforcement);
    t.match(refused.body, /cors\/origin-not-allowed/);
  }
  t.same(upstream.seen, []);
});

test('HTTP versions are filtered as the client really speaks them', async (t) => {
  const upstream = await upstreamFor(t);
  const config = { allowOrigins: [APP], protocols: ['HTTP/1.1', 'HTTP/2'], enforcement: 'strict' };
  const listener = '{ name: public, address: 127.0.0.1:0 }';
  const more = '{ name: h2, address: 127.0.0.1:0, protocol: h2c }';
  const both = FROM_INSIDE ? `${listener}\n    - ${more}` : `${listener}, ${more}`;
  const text = documentFor(upstream.url, config).replace(listener, both);
  const gateway = await gatewayFor(t, text);
  const old = await sendRaw(gateway.port('public'), `GET /api/x HTTP/1.0\r\nHost: h\r\nOrigin: ${APP}\r\n\r\n`);
  t.equal(old.status, 403);
  t.match(old.body, /cors\/protocol-not-allowed/);
  t.equal(
    (await request(gateway.port('public'), 'GET /api/x', [['Origin', APP]])).header('access-control-allow-origin'),
    APP,
  );
  const session = connectHttp2(`http://127.0.0.1:${gateway.port('h2')}`);
  const stream = session.request({
    ':method': 'OPTIONS',
    ':path': '/api/x',
    origin: APP,
    'access-control-request-method': 'PUT',
  });
  const headers = await new Promise<Record<string, unknown>>((resolve, reject) =>
    stream.once('response', resolve).once('error', reject),
  );
  t.match(headers, {
    ':status': 204,
    'access-control-allow-origin': APP,
    vary: /^Origin, Access-Control-Request-Method/,
  });
  stream.close();
  await new Promise((resolve) => session.close(() => resolve(undefined)));
});

test('a flood of requested headers is answered at once', async (t) => {
  const gateway = await gatewayFor(
    t,
    documentFor('http://127.0.0.1:1', { allowOrigins: [APP], allowHeaders: ['*'], allowCredentials: true }),
  );
  for (const flood of [','.repeat(12_000), 'x,'.repeat(6000), `${' '.repeat(12_000)}x`]) {
    const answer = await request(gateway.port(), 'OPTIONS /api/x', [
      ...preflight(APP),
      ['Access-Control-Request-Headers', flood],
    ]);
    t.equal(answer.status, 204);
    t.equal(answer.header('access-control-allow-origin'), APP);
    t.notOk(
      answer.lines.some(([, value]) => value.length > 200),
      'nothing of it comes back',
    );
  }
});

test('policies count and a denied origin is logged once, escaped', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url, { allowOrigins: [APP] }));
  await request(gateway.port(), 'OPTIONS /api/x', preflight(APP));
  await request(gateway.port(), 'OPTIONS /api/x', preflight(`${EVIL}"\u00ff${'x'.repeat(600)}`));
  await request(gateway.port(), 'GET /api/x', [['Origin', APP]]);
  const metrics = await gateway.cell.metrics();
  for (const [event, count] of Object.entries({
    preflights_allowed: 1,
    preflights_denied: 1,
    origins_allowed: 2,
    origins_denied: 1,
  })) {
    t.match(
      metrics,
      new RegExp(`postern_policy_events_total\\{[^}]*policy="web-cors"[^}]*event="${event}"[^}]*\\} ${count}\\b`),
      event,
    );
  }
  if (!FROM_INSIDE) return;
  const lines = gateway.written.filter((record) => 'origin' in record);
  t.equal(lines.length, 1);
  t.ok(String(lines[0]?.['origin']).length < 120);
});
