import { tryPlugin } from '@postern/kit/testkit';
import type { TriedPlugin } from '@postern/kit/testkit';
import jwt from '@postern/plugin-jwt';
import { test } from 'tap';
import { bearer, CLAIMS, NOW, said, SECRET, token } from './tokens.ts';

const VARIABLES = { S: SECRET };

function tried(config: object = {}): TriedPlugin {
  return tryPlugin(jwt, { config: { secret: '${env:S}', ...config }, variables: VARIABLES });
}

/** What becomes of these claims at `NOW`, in milliseconds before or after it. */
async function judged(policy: TriedPlugin, claims: object | string, after = 0): Promise<string> {
  const headers = bearer(await token({ alg: 'HS256' }, SECRET, claims));
  return said(await policy.send({ headers, now: NOW * 1000 + after }));
}

test('a token counts before exp and not before nbf, to the millisecond', async (t) => {
  const rows: readonly (readonly [string, object | string, number, string])[] = [
    ['before exp', { exp: NOW }, -1, '200'],
    ['at exp', { exp: NOW }, 0, '401 jwt/expired'],
    ['after exp', { exp: NOW }, 1, '401 jwt/expired'],
    ['before nbf', { nbf: NOW }, -1, '401 jwt/not-yet-valid'],
    ['at nbf', { nbf: NOW }, 0, '200'],
    ['half a second in exp', { exp: NOW + 0.5 }, 499, '200'],
    ['half a second in exp, over', { exp: NOW + 0.5 }, 500, '401 jwt/expired'],
    ['half a second in nbf', { nbf: NOW + 0.5 }, 499, '401 jwt/not-yet-valid'],
    ['without either', { sub: 'a' }, 0, '200'],
    ['iat ahead says nothing', { iat: NOW + 1000 }, 0, '200'],
    ['exp far away', { exp: 1e300 }, 0, '200'],
    ['exp beyond numbers of time', { exp: Number.MAX_VALUE }, 0, '200'],
    ['exp beyond numbers', '{"exp":1e999}', 0, '401 jwt/invalid'],
    ['exp of a negative number', { exp: -1 }, 0, '401 jwt/expired'],
    ['exp zero', { exp: 0 }, 0, '401 jwt/expired'],
    ['exp as a text', { exp: String(NOW + 60) }, 0, '401 jwt/claims'],
    ['exp null', { exp: null }, 0, '401 jwt/claims'],
    ['exp true', { exp: true }, 0, '401 jwt/claims'],
    ['exp as a list', { exp: [NOW + 60] }, 0, '401 jwt/claims'],
    ['nbf as a text', { nbf: '0' }, 0, '401 jwt/claims'],
    ['iat as a text', { iat: 'x' }, 0, '401 jwt/claims'],
    ['exp twice: the last counts', `{"exp":${NOW + 60},"exp":1}`, 0, '401 jwt/expired'],
  ];
  for (const [name, claims, after, wanted] of rows) t.equal(await judged(tried(), claims, after), wanted, name);
});

test('the tolerance holds on both sides, for tokens that were seen before as well', async (t) => {
  const policy = tried({ clockTolerance: '30s' });
  const claims = { exp: NOW, nbf: NOW - 10 };
  t.equal(await judged(policy, claims, 29_999), '200');
  t.equal(await judged(policy, claims, 30_000), '401 jwt/expired');
  t.equal(await judged(policy, claims, -40_000), '200', 'the clock may go back');
  t.equal(await judged(policy, claims, -40_001), '401 jwt/not-yet-valid');
  const strict = tried();
  t.equal(await judged(strict, claims, -1), '200');
  t.equal(await judged(strict, claims, 0), '401 jwt/expired', 'the cache does not outlive the token');
  t.equal(await judged(strict, claims, -10_001), '401 jwt/not-yet-valid');
});

test('issuer, audience and required claims are compared whole', async (t) => {
  const rows: readonly (readonly [string, object, object, string])[] = [
    ['issuer', { issuer: 'https://issuer.test' }, {}, '200'],
    ['one of the issuers', { issuer: ['https://other.test', 'https://issuer.test'] }, {}, '200'],
    ['another issuer', { issuer: 'https://issuer.tes' }, {}, '401 jwt/claims'],
    ['issuer with a slash', { issuer: 'https://issuer.test/' }, {}, '401 jwt/claims'],
    ['no issuer', { issuer: 'https://issuer.test' }, { iss: undefined }, '401 jwt/claims'],
    ['issuer as a list', { issuer: 'https://issuer.test' }, { iss: ['https://issuer.test'] }, '401 jwt/claims'],
    ['audience', { audience: 'shop' }, {}, '200'],
    ['audience in another case', { audience: 'Shop' }, {}, '401 jwt/claims'],
    ['audience among several', { audience: ['a', 'shop'] }, { aud: ['b', 'shop'] }, '200'],
    ['none of the audiences', { audience: ['a', 'b'] }, { aud: ['c', 'shop'] }, '401 jwt/claims'],
    ['no audience', { audience: 'shop' }, { aud: undefined }, '401 jwt/claims'],
    ['an empty audience', { audience: 'shop' }, { aud: [] }, '401 jwt/claims'],
    ['audience as a map', { audience: 'shop' }, { aud: { shop: 1 } }, '401 jwt/claims'],
    ['audience in a list of lists', { audience: 'shop' }, { aud: [['shop']] }, '401 jwt/claims'],
    ['required claims', { requiredClaims: ['sub', 'exp'] }, {}, '200'],
    ['a required claim that is empty', { requiredClaims: ['email'] }, { email: '' }, '200'],
    ['a required claim that is false', { requiredClaims: ['admin'] }, { admin: false }, '200'],
    ['a required claim that is null', { requiredClaims: ['email'] }, { email: null }, '401 jwt/claims'],
    ['a required claim that is missing', { requiredClaims: ['sub', 'email'] }, {}, '401 jwt/claims'],
    ['a required claim named as a member of all objects', { requiredClaims: ['constructor'] }, {}, '401 jwt/claims'],
  ];
  for (const [name, config, claims, wanted] of rows)
    t.equal(await judged(tried(config), { ...CLAIMS, ...claims }), wanted, name);
});

test('what was signed and is no set of claims counts as none', async (t) => {
  const deep = `{"a":${'['.repeat(40)}${']'.repeat(40)}}`;
  for (const text of ['', 'x', '[]', 'null', '"sub"', '1', '{"a":1', '{"a":1e999}', deep, '{"a":{"b":{"c":[1e999]}}}'])
    t.equal(await judged(tried(), text), '401 jwt/invalid', text.slice(0, 30));
  t.equal(await judged(tried(), '{}'), '200');
  t.equal(await judged(tried(), `{"a":${'['.repeat(30)}${']'.repeat(30)}}`), '200');
});

test('the challenge says what is wrong, and nothing where no token was shown (RFC 6750)', async (t) => {
  const policy = tried({ realm: 'shop', issuer: 'https://issuer.test', requiredClaims: ['email"\\ü'] });
  const challenge = async (claims?: object): Promise<string | undefined> => {
    const headers = claims === undefined ? {} : bearer(await token({ alg: 'HS256' }, SECRET, claims));
    return (await policy.send({ headers })).headers['www-authenticate'];
  };
  const bad = (words: string): string => `Bearer realm="shop", error="invalid_token", error_description="${words}"`;
  t.equal(await challenge(), 'Bearer realm="shop"');
  t.equal(await challenge({ ...CLAIMS }), bad('The token lacks a claim: email???.'));
  t.equal(await challenge({ 'email"\\ü': 1, iss: 'x' }), bad('The token is of another issuer.'));
  const named = tryPlugin(jwt, { config: { secret: '${env:S}' }, variables: VARIABLES });
  t.equal((await named.send()).headers['www-authenticate'], 'Bearer realm="policy"', 'the name of the policy');
  const expired = await named.send({ headers: bearer(await token({ alg: 'HS256' }, SECRET, { exp: 1 })) });
  t.equal(
    expired.headers['www-authenticate'],
    'Bearer realm="policy", error="invalid_token", error_description="The token has expired."',
  );
});

test('claims have no prototype, and names from outside reach nothing', async (t) => {
  const policy = tried({ claimsToHeaders: { 'x-proto': '__proto__', 'x-made': 'constructor', 'x-sub': 'sub' } });
  const claims = '{"sub":"a","__proto__":"b","nested":{"__proto__":{"admin":true}}}';
  const answer = await policy.send({ headers: bearer(await token({ alg: 'HS256' }, SECRET, claims)) });
  t.equal(answer.upstream?.headers['x-proto'], 'b', 'an own member as any other');
  t.notOk('x-made' in (answer.upstream?.headers ?? {}));
  t.equal(answer.upstream?.headers['x-sub'], 'a');
  t.equal(Object.hasOwn(Object.prototype, 'admin'), false);
});
