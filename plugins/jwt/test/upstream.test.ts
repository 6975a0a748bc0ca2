import { tryPlugin } from '@postern/kit/testkit';
import type { Answer, TriedPlugin } from '@postern/kit/testkit';
import jwt from '@postern/plugin-jwt';
import { test } from 'tap';
import { bearer, CLAIMS, NOW, said, SECRET, token } from './tokens.ts';

const VARIABLES = { S: SECRET };
const SENT = { 'x-user': 'root', 'x-roles': 'admin' };
const TOLD = { claimsToHeaders: { 'X-User': 'sub', 'x-roles': 'roles' } };

function tried(config: object = {}, more: object = {}): TriedPlugin {
  return tryPlugin(jwt, { config: { secret: '${env:S}', ...config }, variables: VARIABLES, ...more });
}

async function send(policy: TriedPlugin, claims: object, headers: Record<string, string> = {}): Promise<Answer> {
  return policy.send({ headers: { ...bearer(await token({ alg: 'HS256' }, SECRET, claims)), ...headers } });
}

test('the upstream gets claims under the names of the config, and what a client sends under them never passes', async (t) => {
  const policy = tried(TOLD);
  const claims = { ...CLAIMS, roles: ['reader', 'writer'] };
  for (const again of [false, true]) {
    const { upstream } = await send(policy, claims, SENT);
    t.match(upstream?.headers, { 'x-user': 'alice', 'x-roles': 'reader writer' }, `again: ${again}`);
  }
  const without = await send(policy, { exp: NOW + 60 }, SENT);
  t.equal(without.status, 200);
  t.notOk('x-user' in (without.upstream?.headers ?? {}), 'also where the claim is absent');
  t.notOk('x-roles' in (without.upstream?.headers ?? {}));
});

test('no claim can end a header or begin another: what is more than visible ASCII is percent-encoded', async (t) => {
  const policy = tried({ claimsToHeaders: { 'x-claim': 'c' } });
  const rows: readonly (readonly [unknown, string | undefined])[] = [
    ['alice', 'alice'],
    ['two words', 'two words'],
    ['a\r\nx-admin: 1', 'a%0D%0Ax-admin: 1'],
    ['a\u0000b', 'a%00b'],
    ['100%', '100%25'],
    ['%0a', '%250a'],
    ['Zoë', 'Zo%C3%AB'],
    ['王', '%E7%8E%8B'],
    ['\ud800', '%EF%BF%BD'],
    [' a ', '%20a%20'],
    ['\t', '%09'],
    ['', undefined],
    [7, '7'],
    [1.5, '1.5'],
    [false, 'false'],
    [['a', 1, true], 'a 1 true'],
    [[], undefined],
    [null, undefined],
    [{ a: 1 }, undefined],
    [[{ a: 1 }], undefined],
    [undefined, undefined],
  ];
  for (const [value, wanted] of rows) {
    const { status, upstream } = await send(policy, { ...CLAIMS, c: value }, { 'x-claim': 'sent' });
    t.equal(status, 200);
    t.equal(upstream?.headers['x-claim'], wanted, JSON.stringify(value));
    t.notOk('x-admin' in (upstream?.headers ?? {}));
  }
});

const CONSUMERS = [
  { name: 'alice', labels: { tier: 'gold' }, credentials: [{ subject: 'alice' }] },
  { name: 'alice-of-other', credentials: [{ subject: 'alice', issuer: 'https://other.test' }] },
  { name: 'seven', credentials: [{ subject: '7' }] },
];

test('a consumer is known by a claim, with the issuer where its credential says one', async (t) => {
  const rows: readonly (readonly [object, object, string | undefined])[] = [
    [{}, CLAIMS, 'alice'],
    [{}, { ...CLAIMS, iss: 'https://other.test' }, 'alice-of-other'],
    [{}, { ...CLAIMS, iss: undefined }, 'alice'],
    [{}, { ...CLAIMS, sub: 'bob' }, undefined],
    [{}, { ...CLAIMS, sub: 7 }, 'seven'],
    [{}, { ...CLAIMS, sub: 7.5 }, undefined],
    [{}, { ...CLAIMS, sub: ['alice'] }, undefined],
    [{}, { ...CLAIMS, sub: undefined }, undefined],
    [{ consumerClaim: 'azp' }, { ...CLAIMS, azp: '7' }, 'seven'],
    [{ consumerClaim: 'azp' }, CLAIMS, undefined],
    [{ consumerClaim: 'constructor' }, CLAIMS, undefined],
  ];
  for (const [config, claims, name] of rows) {
    const answer = await send(tried(config, { consumers: CONSUMERS }), claims);
    t.equal(answer.status, 200);
    t.equal(answer.consumer?.name, name, JSON.stringify(claims));
    t.equal(answer.upstream?.headers['x-consumer-name'], name);
    const strict = await send(tried({ ...config, requireConsumer: true }, { consumers: CONSUMERS }), claims);
    t.equal(said(strict), name === undefined ? '403 jwt/no-consumer' : '200');
    t.equal(strict.headers['www-authenticate'], undefined, 'another token would not help');
  }
});

test('two consumers with one subject are an issue; with issuers of their own they are two', async (t) => {
  const twice = tried({}, { consumers: [CONSUMERS[0], { name: 'b', credentials: [{ subject: 'alice' }] }] });
  t.equal(twice.issues.filter(({ severity }) => severity === 'error').length, 1);
  t.same(tried({}, { consumers: CONSUMERS }).issues, []);
});

test('in shadow nothing changes: no header is taken away, no consumer is named, nobody is refused', async (t) => {
  const policy = tried(TOLD, { mode: 'shadow', consumers: CONSUMERS });
  const good = await send(policy, CLAIMS, SENT);
  t.match(good.upstream?.headers, SENT);
  t.equal(good.consumer, null);
  const bad = await policy.send({ headers: SENT });
  t.equal(bad.status, 200);
  t.match(bad.upstream?.headers, SENT);
  t.match(bad.steps, [{ verdict: 'would refuse', code: 'jwt/missing' }]);
});

test('a token that was verified costs no signature check again, and counts no longer than it says', async (t) => {
  const policy = tried();
  const text = await token({ alg: 'HS256' }, SECRET, { ...CLAIMS, nbf: NOW - 5 });
  const at = async (seconds: number): Promise<string> =>
    said(await policy.send({ headers: bearer(text), now: (NOW + seconds) * 1000 }));
  t.equal(await at(0), '200');
  for (let time = 0; time < 10; time += 1) t.equal(await at(1), '200');
  t.equal(policy.counts.get('tokens_verified'), 1);
  t.equal(policy.counts.get('tokens_from_cache'), 10);
  t.equal(await at(-6), '401 jwt/not-yet-valid');
  t.equal(await at(60), '401 jwt/expired');
  t.equal(await at(59), '200', 'the clock was set back');
  t.equal(policy.counts.get('tokens_verified'), 2, 'what had expired was forgotten');
});

test('the answer to a bad token is never remembered', async (t) => {
  const policy = tried({ audience: 'other' });
  const text = await token({ alg: 'HS256' }, SECRET);
  for (let time = 0; time < 3; time += 1) t.equal(said(await policy.send({ headers: bearer(text) })), '401 jwt/claims');
  t.equal(policy.counts.get('tokens_from_cache'), undefined);
});
