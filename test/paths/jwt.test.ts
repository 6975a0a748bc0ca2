import { test } from 'tap';
import type { Test } from 'tap';
import { FROM_INSIDE, SERVER, gatewayFor } from '../kit/gateway.ts';
import type { TestGateway } from '../kit/gateway.ts';
import { jwksServerFor } from '../kit/jwks-server.ts';
import type { JwksServer } from '../kit/jwks-server.ts';
import { request } from '../kit/raw-client.ts';
import type { RawAnswer } from '../kit/raw-client.ts';
import { until } from '../kit/until.ts';
import { upstreamFor } from '../kit/upstream.ts';
import type { TestUpstream } from '../kit/upstream.ts';
import { bearer, pairOf, part, token } from '../../plugins/jwt/test/tokens.ts';
import type { Pair } from '../../plugins/jwt/test/tokens.ts';

const rsa = pairOf('rsa', { kid: 'rsa' });
const edwards = pairOf('ed25519', { kid: 'edwards' });

interface Scene {
  readonly gateway: TestGateway;
  readonly upstream: TestUpstream;
  readonly server: JwksServer;
  readonly document: string;
}

async function sceneFor(t: Test): Promise<Scene> {
  const upstream = await upstreamFor(t);
  const server = await jwksServerFor(t);
  server.publish(rsa.jwk, edwards.jwk);
  const document = `${SERVER}  decisions: { keep: 10, sample: 1 }
upstreams: [{ name: up, targets: ["${upstream.url}"] }]
policies:
  - { name: log, plugin: access-log }
  - { name: cors, plugin: cors, config: { allowOrigins: ["https://app.test"] } }
  - name: tokens
    plugin: jwt
    config:
      issuer: https://issuer.test
      audience: shop
      jwksUri: "${server.uri}"
      claimsToHeaders: { x-user: sub }
      hideCredentials: true
  - { name: gold, plugin: headers, config: { request: { set: { x-lane: fast } } } }
consumers:
  - { name: partner, labels: { tier: gold }, credentials: { jwt: [{ subject: alice }] }, policies: [gold] }
gateway:
  policies: [log]
  require: [{ any: [jwt] }]
apiGroups: [{ name: api, upstream: up, policies: [cors, tokens] }]
`;
  const gateway = await gatewayFor(t, document);
  // A request waits for keys for 0.9 s, and a busy machine may take longer to bring them: let them be there.
  await until(async () => (await send(gateway, await signed(rsa))).status === 200, 'never let in');
  upstream.seen.length = 0;
  return { gateway, upstream, server, document };
}

async function send(gateway: TestGateway, text: string, more: readonly [string, string][] = []): Promise<RawAnswer> {
  return request(gateway.port(), 'GET /items', [['Authorization', bearer(text).authorization], ...more]);
}

async function signed(pair: Pair, claims: object = {}): Promise<string> {
  const alg = pair === rsa ? 'RS256' : 'EdDSA';
  const now = Math.floor(Date.now() / 1000);
  return token({ alg, kid: String(pair.jwk['kid']) }, pair.privateKey, {
    iss: 'https://issuer.test',
    aud: ['shop', 'other'],
    sub: 'alice',
    iat: now,
    exp: now + 3600,
    ...claims,
  });
}

test('a good token gets in, and its consumer with it; the upstream learns who it is and sees no token', async (t) => {
  const { gateway, upstream, server } = await sceneFor(t);
  for (const pair of [rsa, edwards, rsa]) {
    const answer = await send(gateway, await signed(pair), [
      ['X-User', 'root'],
      ['X-Consumer-Name', 'root'],
    ]);
    t.equal(answer.status, 200);
    const { headers } = upstream.seen.at(-1) ?? {};
    t.match(headers, {
      'x-user': 'alice',
      'x-consumer-name': 'partner',
      'x-consumer-label-tier': 'gold',
      'x-lane': 'fast',
    });
    t.notOk(headers !== undefined && 'authorization' in headers);
  }
  if (FROM_INSIDE) t.equal(server.asked.length, 1, 'each process fetches once');
  if (FROM_INSIDE) t.match(gateway.written.at(-1), { consumer: 'partner', status: 200 });
  const stranger = await send(gateway, await signed(rsa, { sub: 'bob' }), [['X-User', 'root']]);
  t.equal(stranger.status, 200);
  t.equal(upstream.seen.at(-1)?.headers['x-user'], 'bob');
  t.notOk('x-lane' in (upstream.seen.at(-1)?.headers ?? {}));
});

test('a bad token is refused on the wire, with its challenge, readable to a browser, and goes nowhere', async (t) => {
  const { gateway, upstream } = await sceneFor(t);
  const old = Math.floor(Date.now() / 1000) - 10;
  const stranger = pairOf('rsa', { kid: 'rsa' });
  const rows: readonly (readonly [string, string])[] = [
    [await signed(rsa, { exp: old }), 'jwt/expired'],
    [await signed(rsa, { nbf: old + 1000 }), 'jwt/not-yet-valid'],
    [await signed(rsa, { aud: 'else' }), 'jwt/claims'],
    [await token({ alg: 'RS256', kid: 'rsa' }, stranger.privateKey), 'jwt/invalid'],
    [`${part({ alg: 'none' })}.${part({ sub: 'root' })}.`, 'jwt/invalid'],
    ['x'.repeat(9000), 'jwt/invalid'],
  ];
  for (const [text, code] of rows) {
    const answer = await send(gateway, text, [['Origin', 'https://app.test']]);
    t.equal(answer.status, 401, code);
    t.match(JSON.parse(answer.body), { code, policy: 'tokens' });
    t.match(answer.header('www-authenticate'), /^Bearer realm="tokens", error="invalid_token", error_description="/);
    t.equal(answer.header('access-control-allow-origin'), 'https://app.test');
  }
  const missing = await request(gateway.port(), 'GET /items');
  t.equal(missing.header('www-authenticate'), 'Bearer realm="tokens"');
  t.equal(upstream.seen.length, 0);
  t.match(await gateway.cell.metrics(), /policy="tokens",plugin="jwt",outcome="refused"} [1-9]/);
});

test('a reload fetches no keys anew; one that takes the policy out and brings it back does', async (t) => {
  const { gateway, server, document } = await sceneFor(t);
  const text = await signed(rsa);
  t.equal((await send(gateway, text)).status, 200);
  t.same(await gateway.apply(document.replace('audience: shop', 'audience: [shop, more]')), []);
  t.equal((await send(gateway, text)).status, 200);
  if (FROM_INSIDE) t.equal(server.asked.length, 1);
  const without = document
    .replace('[cors, tokens]', '[cors]')
    .replace('  require: [{ any: [jwt] }]\n', '')
    .replace(/ {2}- name: tokens\n(?: {4}.*\n)+/, '');
  t.same(await gateway.apply(without), []);
  t.equal((await request(gateway.port(), 'GET /items')).status, 200);
  t.same(await gateway.apply(document), []);
  await until(async () => (await send(gateway, text)).status === 200, 'never let in');
  if (FROM_INSIDE) t.equal(server.asked.length, 2);
});

test('a document without the guard that it requires is refused', async (t) => {
  const { gateway, document } = await sceneFor(t);
  t.same(await gateway.apply(document.replace('[cors, tokens]', '[cors]')), ['require/not-guarded']);
});

test('while no keys can be had nobody gets in, and everybody does once they can', async (t) => {
  const { gateway, upstream, server, document } = await sceneFor(t);
  server.answer = (response) => response.destroy();
  // Another cache time is another source of keys, which has none yet.
  t.same(await gateway.apply(document.replace('audience: shop', 'audience: shop\n      jwksCache: 5m')), []);
  const text = await signed(rsa);
  const refused = await send(gateway, text);
  t.equal(refused.status, 503);
  t.match(JSON.parse(refused.body), { code: 'jwt/keys-unavailable' });
  t.match(refused.header('retry-after'), /^[1-9]$/);
  t.equal(upstream.seen.length, 0);
  server.publish(rsa.jwk);
  await until(async () => (await send(gateway, text)).status === 200, 'never let in');
});

test('the record of a decision has the public keys that it was made with and no token, and says the same again', async (t) => {
  const { gateway } = await sceneFor(t);
  const text = await signed(rsa, { exp: 1 });
  const answer = await send(gateway, text);
  const told = JSON.stringify(await gateway.cell.decision(String(JSON.parse(answer.body).requestId)));
  t.match(told, '"code":"jwt/expired"');
  t.match(told, String(rsa.jwk['n']));
  for (const part of text.split('.')) t.notMatch(told, part);
});
