import { connect } from 'node:http2';
import { digestOf } from '@postern/plugin-key-auth';
import { test } from 'tap';
import { gatewayFor } from '../kit/gateway.ts';
import { request } from '../kit/raw-client.ts';
import { until } from '../kit/until.ts';
import { upstreamFor } from '../kit/upstream.ts';

const KEY = 'k3y-of-ann-k3y-of-ann';

const documentFor = (target: string, more = ''): string => `server:
  listen:
    - { name: public, address: 127.0.0.1:0 }
    - { name: h2, address: 127.0.0.1:0, protocol: h2c }
  admin: { address: 127.0.0.1:0 }
  drainTimeout: 2s
  decisions: { sample: 1 }
upstreams: [{ name: up, targets: ["${target}"] }]
policies:
  - { name: cors, plugin: cors, config: { allowOrigins: [https://app.test] } }
  - { name: keys, plugin: key-auth, config: { in: [header, query, cookie]${more} } }
  - { name: gold, plugin: headers, config: { request: { set: { x-gold: "1" } } } }
consumers:
  - name: ann
    labels: { tier: gold }
    credentials: { key-auth: [{ key: "${digestOf(KEY)}" }] }
    policies: [gold]
  - { name: anybody }
apiGroups:
  - { name: shop, basePath: /shop, upstream: up, policies: [cors, keys] }
`;

test('a key is known in a header, a query and a cookie, and none of them goes upstream', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url));
  for (const [path, headers] of [
    ['/shop/x?a=1&b', [['X-API-Key', KEY]]],
    [`/shop/x?a=1&x-api-key=${KEY}&b`, []],
    ['/shop/x?a=1&b', [['Cookie', `x-api-key=${KEY}; c=2`]]],
  ] as const) {
    const sent = [...headers, ['X-Consumer-Name', 'root'], ['x-consumer-label-tier', 'platinum']] as const;
    t.equal((await request(gateway.port(), `GET ${path}`, sent)).status, 200);
    const seen = upstream.seen.at(-1);
    t.equal(seen?.url, '/shop/x?a=1&b');
    t.match(seen?.headers, { 'x-consumer-name': 'ann', 'x-consumer-label-tier': 'gold', 'x-gold': '1' });
    t.notMatch(JSON.stringify(seen?.rawHeaders), new RegExp(`${KEY}|root|platinum`));
  }
  t.equal(upstream.seen.at(-1)?.headers.cookie, 'c=2');
});

test('a request without a key, or with a wrong one, is 401 with a challenge, readable to a browser', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url));
  for (const [code, headers] of [
    ['key-auth/missing', []],
    ['key-auth/unknown', [['x-api-key', 'wrong']]],
    [
      'key-auth/ambiguous',
      [
        ['x-api-key', KEY],
        ['x-api-key', 'wrong'],
      ],
    ],
  ] as const) {
    const answer = await request(gateway.port(), 'GET /shop/x', [...headers, ['Origin', 'https://app.test']]);
    t.equal(answer.status, 401);
    t.equal(answer.header('www-authenticate'), 'ApiKey realm="postern"');
    t.equal(answer.header('access-control-allow-origin'), 'https://app.test');
    t.match(JSON.parse(answer.body), { code, policy: 'keys', status: 401 });
  }
  const preflight = await request(gateway.port(), 'OPTIONS /shop/x', [
    ['Origin', 'https://app.test'],
    ['Access-Control-Request-Method', 'PUT'],
  ]);
  t.equal(preflight.status, 204, 'a preflight needs no key');
  t.equal(upstream.seen.length, 0);
});

test('over HTTP/2, whose clients send each cookie on a line of its own, a key is found among them and taken out', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url));
  const session = connect(`http://127.0.0.1:${gateway.port('h2')}`);
  t.teardown(() => session.close());
  const status = await new Promise((resolve, reject) => {
    const stream = session.request({ ':path': '/shop/x', cookie: ['a=1', `x-api-key=${KEY}`, 'b=2'] });
    stream.on('response', (headers) => resolve(headers[':status']));
    stream.on('error', reject);
    stream.resume().end();
  });
  t.equal(status, 200);
  t.equal(upstream.seen.at(-1)?.headers.cookie, 'a=1; b=2');
});

test('a reload that takes a key away, or gives anybody a name, counts for the next request', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url));
  const ask = async (): Promise<number> => (await request(gateway.port(), 'GET /shop/x', [['x-api-key', KEY]])).status;
  t.equal(await ask(), 200);
  t.same(await gateway.apply(documentFor(upstream.url).replace(digestOf(KEY), digestOf('another'))), []);
  t.equal(await ask(), 401);
  t.same(await gateway.apply(documentFor(upstream.url, ', anonymous: nobody')), ['key-auth/anonymous']);
  t.same(await gateway.apply(documentFor(upstream.url, ', anonymous: anybody')), []);
  t.equal((await request(gateway.port(), 'GET /shop/x')).status, 200);
  t.equal(upstream.seen.at(-1)?.headers['x-consumer-name'], 'anybody');
  const renamed = documentFor(upstream.url, ', anonymous: anybody').replace(
    'name: anybody',
    'name: anybody, labels: { tier: none }',
  );
  t.same(await gateway.apply(renamed), []);
  await request(gateway.port(), 'GET /shop/x');
  t.equal(upstream.seen.at(-1)?.headers['x-consumer-label-tier'], 'none', 'a label of a consumer without keys too');
});

test('two consumers with one key refuse the document, and the one before serves on', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url));
  const twice = documentFor(upstream.url).replace(
    '{ name: anybody }',
    `{ name: anybody, credentials: { key-auth: [{ key: "${digestOf(KEY)}" }] } }`,
  );
  t.same(await gateway.apply(twice), ['consumers/same-credential']);
  t.equal((await request(gateway.port(), 'GET /shop/x', [['x-api-key', KEY]])).status, 200);
});

test('a decision is rebuilt with the consumer that it had, though the key was not kept', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url, ', anonymous: anybody'));
  const cases = [
    ['/shop/x', [['x-api-key', KEY]], 'continue', 'ann'],
    [`/shop/x?x-api-key=${KEY}&a=1`, [], 'continue', 'ann'],
    ['/shop/x', [['Cookie', `x-api-key=${KEY}`]], 'continue', 'ann'],
    ['/shop/x', [['Cookie', `a=1; x-api-key=${KEY}`]], 'continue', 'ann'],
    ['/shop/x', [['Cookie', 'a=1']], 'continue', 'anybody'],
    ['/shop/x', [], 'continue', 'anybody'],
    ['/shop/x', [['x-api-key', 'wr0ng']], 'refuse', undefined],
  ] as const;
  for (const [turn, [path, headers, verdict, consumer]] of cases.entries()) {
    await request(gateway.port(), `GET ${path}`, headers);
    await until(async () => (await gateway.cell.decisions({ limit: 100 })).length === turn + 1, 'no decision');
    const [{ id } = { id: '' }] = await gateway.cell.decisions({ limit: 1 });
    const told = await gateway.cell.decision(id);
    t.equal(told?.policies.find(({ policy }) => policy === 'keys')?.steps[0]?.verdict, verdict, `${path} ${turn}`);
    t.equal(told?.consumer?.name, consumer, `${path} ${turn}`);
    t.equal(told?.answer.status, verdict === 'refuse' ? 401 : 200);
    t.notMatch(JSON.stringify(told), new RegExp(`${KEY}|wr0ng`));
  }
});
