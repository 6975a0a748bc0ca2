import { tryPlugin } from '@postern/kit/testkit';
import jwt from '@postern/plugin-jwt';
import { test } from 'tap';
import { pairOf, SECRET } from './tokens.ts';
import { generateKeyPairSync } from 'node:crypto';

const rsa = pairOf('rsa');
const KEYS = { jwks: { keys: [rsa.jwk] }, audience: 'shop' };
const SHARED = { secret: '${env:S}' };

/** Severity, pointer and code of every issue. */
function issues(config: object, variables: Record<string, string> = { S: SECRET }): readonly string[] {
  return tryPlugin(jwt, { config, variables }).issues.map(({ severity, pointer, code }) => {
    const below = pointer.replace(/^\/policies\/\d+\/config/, '');
    return `${severity} ${below} ${code}`;
  });
}

test('a config that says what it needs has no issue', async (t) => {
  const uri = 'https://issuer.example.com/jwks.json';
  const whole = {
    issuer: ['https://issuer.example.com'],
    audience: ['shop', 'api'],
    jwksUri: uri,
    algorithms: ['RS256', 'ES256'],
    clockTolerance: '5s',
    requiredClaims: ['exp'],
    claimsToHeaders: { 'x-user': 'sub' },
    from: [{ header: 'authorization' }, { header: 'x-token', scheme: 'Token' }, { query: 'token' }, { cookie: 'a' }],
    consumerClaim: 'azp',
    requireConsumer: true,
    hideCredentials: true,
    realm: 'shop',
    maxTokenSize: '16KiB',
    jwksCache: '1h',
  };
  for (const config of [KEYS, SHARED, { jwksUri: uri, audience: 'a' }, whole]) t.same(issues(config), []);
});

test('exactly one of jwksUri, jwks and secret', async (t) => {
  t.same(issues({}), ['error  jwt/one-key-source']);
  t.same(issues({ ...KEYS, ...SHARED }), ['error /jwks jwt/one-key-source']);
  t.same(issues({ ...KEYS, jwksUri: 'https://a.test' }), ['error /jwksUri jwt/one-key-source']);
});

test('algorithms of a secret and of key pairs are never mixed, and none is none', async (t) => {
  t.same(issues({ ...KEYS, algorithms: ['RS256', 'HS256'] }), ['error /algorithms/1 jwt/algorithm']);
  t.same(issues({ ...SHARED, algorithms: ['RS256', 'HS256'] }), ['error /algorithms/0 jwt/algorithm']);
  t.same(issues({ ...KEYS, algorithms: ['none'] }), ['error /algorithms/0 document/value']);
  t.same(issues({ ...KEYS, algorithms: [] }), ['error /algorithms document/value']);
});

test('a secret is as long as the hash of its longest algorithm', async (t) => {
  for (const [alg, bytes] of Object.entries({ HS256: 32, HS384: 48, HS512: 64 })) {
    const config = { ...SHARED, algorithms: [alg] };
    t.same(issues(config, { S: 'x'.repeat(bytes - 1) }), ['error /secret jwt/secret-too-short'], alg);
    t.same(issues(config, { S: 'x'.repeat(bytes) }), []);
    t.same(issues(config, { S: 'ä'.repeat(bytes / 2) }), [], 'bytes count, not characters');
  }
  t.same(issues({ ...SHARED, algorithms: ['HS256', 'HS512'] }, { S: 'x'.repeat(63) }), [
    'error /secret jwt/secret-too-short',
  ]);
  t.same(issues({ secret: SECRET }), ['warning /secret secrets/plain']);
  const [issue] = tryPlugin(jwt, { config: { secret: 'short-secret' } }).issues.filter(
    ({ code }) => code === 'jwt/secret-too-short',
  );
  t.notMatch(JSON.stringify(issue), 'short-secret', 'the issue does not repeat it');
});

test('every key of a set in the document is looked at, and each has its own issue', async (t) => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
  const rows: readonly (readonly [unknown, string])[] = [
    [{ ...rsa.privateKey.export({ format: 'jwk' }) }, 'error /jwks/keys/1 jwt/key'],
    [{ kty: 'oct', k: 'c2VjcmV0' }, 'error /jwks/keys/1 jwt/key'],
    [weak, 'error /jwks/keys/1 jwt/key'],
    [{ kty: 'RSA', n: 'AQ' }, 'error /jwks/keys/1 jwt/key'],
    [{ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }, 'error /jwks/keys/1 jwt/key'],
    [{ ...rsa.jwk, kid: 1 }, 'error /jwks/keys/1 jwt/key'],
    [{ kty: 'EC', crv: 'P-999', x: 'AA', y: 'AA' }, 'error /jwks/keys/1 jwt/key'],
  ];
  for (const [jwk, wanted] of rows)
    t.same(issues({ audience: 'a', jwks: { keys: [rsa.jwk, jwk] } }), [wanted], JSON.stringify(jwk).slice(0, 60));
  t.same(issues({ audience: 'a', jwks: { keys: [{ ...rsa.jwk, use: 'enc' }] } }), ['error /jwks/keys jwt/no-key']);
  t.same(issues({ audience: 'a', jwks: { keys: [{ kty: 'unknown' }, rsa.jwk] } }), [], 'other kinds are passed over');
  t.same(issues({ audience: 'a', jwks: { keys: [] } }), ['error /jwks/keys document/value']);
});

test('the URL of a key set is one that can be fetched', async (t) => {
  const uri = (jwksUri: string): readonly string[] => issues({ audience: 'a', jwksUri });
  for (const bad of [
    'x',
    '/jwks',
    'ftp://a.test/',
    'file:///etc/passwd',
    'data:application/json,{}',
    'https://u:p@a.test/',
  ])
    t.same(uri(bad), ['error /jwksUri jwt/jwks-uri'], bad);
  t.same(uri('http://issuer.test/jwks'), ['warning /jwksUri jwt/plain-keys']);
  for (const near of ['http://127.0.0.1:1/', 'http://localhost/', 'http://[::1]:2/']) t.same(uri(near), [], near);
});

test('places, headers and the rest: all problems at once', async (t) => {
  const config = {
    ...SHARED,
    from: [
      {},
      { header: 'a', cookie: 'b' },
      { header: 'a b' },
      { query: 'a', scheme: 'b' },
      { cookie: 'a=b' },
      { header: 'a', scheme: 'a b' },
    ],
    claimsToHeaders: {
      'x user': 'sub',
      'x-a': 'a',
      'X-A': 'b',
      Host: 'c',
      'x-consumer-name': 'd',
      'content-length': 'e',
    },
    algorithms: ['ES256'],
  };
  t.same(issues(config), [
    'error /algorithms/0 jwt/algorithm',
    'error /from/0 jwt/place',
    'error /from/1 jwt/place',
    'error /from/2 jwt/place',
    'error /from/3 jwt/place',
    'error /from/4 jwt/place',
    'error /from/5 jwt/place',
    'error /claimsToHeaders/x user jwt/header-name',
    'error /claimsToHeaders/X-A jwt/header-twice',
    'error /claimsToHeaders/Host jwt/header-owned',
    'error /claimsToHeaders/x-consumer-name jwt/header-owned',
    'error /claimsToHeaders/content-length jwt/header-owned',
  ]);
  t.same(issues({ ...SHARED, realm: 'a"b' }), ['error /realm document/value']);
  t.same(issues({ ...SHARED, clockTolerance: 5 }), ['error /clockTolerance document/value']);
  t.same(issues({ ...SHARED, maxTokenSize: '1MiB' }), ['error /maxTokenSize document/value']);
});

test('without an audience every service of the issuer is one: a warning says so', async (t) => {
  t.same(issues({ jwks: { keys: [rsa.jwk] } }), ['warning  jwt/any-audience']);
});

test('a policy of it guards, answers nothing, and says what it hides and writes', async (t) => {
  t.equal(jwt.guards(KEYS), true);
  t.equal(jwt.answers?.(KEYS), false);
  t.same(jwt.credentials?.({ ...KEYS, from: [{ header: 'X-Token' }, { query: 'a' }] }), ['x-token']);
  t.same(jwt.writes?.({ ...KEYS, claimsToHeaders: { 'X-User': 'sub' }, hideCredentials: true }), {
    request: ['x-user', 'authorization'],
  });
  t.same(jwt.traits?.(KEYS), ['authenticates']);
});
