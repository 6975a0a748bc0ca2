import { tryPlugin } from '@postern/kit/testkit';
import jwt from '@postern/plugin-jwt';
import { test } from 'tap';
import { bearer, CLAIMS, forged, NOW, pairOf, part, said, SECRET, token } from './tokens.ts';
import type { Kind } from './tokens.ts';

const rsa = pairOf('rsa');
const other = pairOf('rsa');
const p256 = pairOf('p256');
const ed25519 = pairOf('ed25519');

const AUDIENCE = { audience: 'shop' };

test('every algorithm of key pairs is taken with a key of its kind, and with no other', async (t) => {
  const kinds: Readonly<Record<string, Kind>> = {
    RS256: 'rsa',
    RS384: 'rsa',
    RS512: 'rsa',
    PS256: 'rsa',
    PS384: 'rsa',
    PS512: 'rsa',
    ES256: 'p256',
    ES384: 'p384',
    ES512: 'p521',
    EdDSA: 'ed25519',
    Ed25519: 'ed25519',
  };
  const pairs = { rsa, p256, p384: pairOf('p384'), p521: pairOf('p521'), ed25519 };
  const { p384, p521 } = pairs;
  const keys = [rsa.jwk, p256.jwk, p384.jwk, p521.jwk, ed25519.jwk];
  const all = tryPlugin(jwt, { config: { ...AUDIENCE, jwks: { keys } } });
  for (const [alg, kind] of Object.entries(kinds)) {
    const good = await token({ alg }, pairs[kind].privateKey);
    t.equal(said(await all.send({ headers: bearer(good) })), '200', alg);
    const others = keys.filter((jwk) => jwk !== pairs[kind].jwk);
    const without = tryPlugin(jwt, { config: { ...AUDIENCE, jwks: { keys: others } } });
    t.equal(said(await without.send({ headers: bearer(good) })), '401 jwt/invalid', `${alg} without its key`);
    const strict = tryPlugin(jwt, {
      config: { ...AUDIENCE, jwks: { keys }, algorithms: [alg === 'RS256' ? 'ES256' : 'RS256'] },
    });
    t.equal(said(await strict.send({ headers: bearer(good) })), '401 jwt/invalid', `${alg} where it is not listed`);
  }
});

test('the algorithms of a secret are taken where they are listed, HS256 alone where none is', async (t) => {
  for (const alg of ['HS256', 'HS384', 'HS512']) {
    const good = await token({ alg }, SECRET);
    const listed = tryPlugin(jwt, { config: { secret: '${env:S}', algorithms: [alg] }, variables: { S: SECRET } });
    t.same(listed.issues, []);
    t.equal(said(await listed.send({ headers: bearer(good) })), '200', alg);
    const plain = tryPlugin(jwt, { config: { secret: '${env:S}' }, variables: { S: SECRET } });
    t.equal(said(await plain.send({ headers: bearer(good) })), alg === 'HS256' ? '200' : '401 jwt/invalid', alg);
    t.equal(said(await listed.send({ headers: bearer(await token({ alg }, `${SECRET}!`)) })), '401 jwt/invalid');
  }
});

test('a public key is never taken for a secret', async (t) => {
  const keys = [{ ...rsa.jwk, kid: 'one' }];
  const tried = tryPlugin(jwt, { config: { ...AUDIENCE, jwks: { keys } } });
  const texts = [
    rsa.publicKey.export({ format: 'pem', type: 'spki' }).toString(),
    rsa.publicKey.export({ format: 'pem', type: 'pkcs1' }).toString(),
    rsa.publicKey.export({ format: 'der', type: 'spki' }).toString('latin1'),
    JSON.stringify(keys[0]),
    String(rsa.jwk['n']),
  ];
  for (const text of texts)
    for (const header of [{ alg: 'HS256' }, { alg: 'HS256', kid: 'one' }])
      t.equal(said(await tried.send({ headers: bearer(forged(header, text)) })), '401 jwt/invalid');
});

test('alg none counts in no spelling, with a signature and without', async (t) => {
  const tried = tryPlugin(jwt, { config: { ...AUDIENCE, jwks: { keys: [rsa.jwk] } } });
  const secret = tryPlugin(jwt, { config: { secret: '${env:S}' }, variables: { S: SECRET } });
  for (const alg of [
    'none',
    'None',
    'NONE',
    'nOnE',
    '',
    ' none',
    'none\u0000',
    'rs256',
    'RS256 ',
    null,
    0,
    [],
    ['RS256'],
    {},
  ]) {
    for (const text of [
      `${part({ alg })}.${part(CLAIMS)}.`,
      `${part({ alg })}.${part(CLAIMS)}`,
      forged({ alg }, rsa.privateKey),
      forged({ alg }, SECRET),
    ]) {
      t.equal(said(await tried.send({ headers: bearer(text) })), '401 jwt/invalid', JSON.stringify(alg));
      t.equal(said(await secret.send({ headers: bearer(text) })), '401 jwt/invalid', JSON.stringify(alg));
    }
  }
  t.equal(said(await tried.send({ headers: bearer(forged({}, rsa.privateKey)) })), '401 jwt/invalid', 'no alg at all');
});

test('the signature of another key, over other claims, or cut does not count', async (t) => {
  const tried = tryPlugin(jwt, { config: { ...AUDIENCE, jwks: { keys: [rsa.jwk, p256.jwk] } } });
  const good = await token({ alg: 'RS256' }, rsa.privateKey);
  const [header = '', , signature = ''] = good.split('.');
  const texts = [
    await token({ alg: 'RS256' }, other.privateKey),
    `${header}.${part({ ...CLAIMS, sub: 'root' })}.${signature}`,
    `${part({ alg: 'RS512' })}.${part(CLAIMS)}.${signature}`,
    good.slice(0, -4),
    `${good}AAAA`,
    `${header}.${part(CLAIMS)}.AAAA`,
    // An ECDSA signature of zeros, which a broken check takes for any message.
    `${part({ alg: 'ES256' })}.${part(CLAIMS)}.${Buffer.alloc(64).toString('base64url')}`,
  ];
  for (const text of texts) t.equal(said(await tried.send({ headers: bearer(text) })), '401 jwt/invalid', text);
  t.equal(said(await tried.send({ headers: bearer(good) })), '200');
});

test('what is no token is refused before any key is asked for, with 401 and never with 500', async (t) => {
  const tried = tryPlugin(jwt, { config: { ...AUDIENCE, jwksUri: 'http://127.0.0.1:1/never' } });
  const texts = [
    'x',
    '..',
    '.a.b',
    'a.b.c',
    'a.b.c.d.e',
    '=.=.=',
    `${part('{')}.${part(CLAIMS)}.AAAA`,
    `${part('[]')}.${part(CLAIMS)}.AAAA`,
    `${part('null')}.${part(CLAIMS)}.AAAA`,
    `${part('"RS256"')}.${part(CLAIMS)}.AAAA`,
    `${Buffer.from([0xff, 0xfe]).toString('base64url')}.${part(CLAIMS)}.AAAA`,
    `${part('\ufeff{"alg":"RS256"}')}.${part(CLAIMS)}.AAAA`,
    `${part({ alg: 'RS256' })}.${part(CLAIMS)}.AA A`,
    `${part({ alg: 'RS256' })}.${part(CLAIMS)}.AAA=`,
    `${part({ alg: 'RS256' })}.${part(CLAIMS)}.AAAA, Bearer x`,
    `${part({ alg: 'RS256', kid: 1 })}.${part(CLAIMS)}.AAAA`,
    `${part({ alg: 'RS256', kid: null })}.${part(CLAIMS)}.AAAA`,
    `${part({ alg: 'RS256', kid: { toString: 'x' } })}.${part(CLAIMS)}.AAAA`,
    `${part('{"alg":"none","alg":"HS256"}')}.${part(CLAIMS)}.AAAA`,
    `${part(`{"__proto__":{"alg":"RS256"}}`)}.${part(CLAIMS)}.AAAA`,
    `${part('['.repeat(4000))}.${part(CLAIMS)}.AAAA`,
    'ä.b.c',
  ];
  for (const text of texts) {
    const answer = await tried.send({ headers: bearer(text) });
    t.equal(said(answer), '401 jwt/invalid', text.slice(0, 60));
    t.equal(answer.upstream, undefined);
  }
  t.equal(tried.counts.get('keys_failed'), undefined, 'nobody was asked');
});

test('a token with an extension counts as none, however well it is signed', async (t) => {
  const tried = tryPlugin(jwt, { config: { ...AUDIENCE, jwks: { keys: [p256.jwk] } } });
  for (const header of [
    { alg: 'ES256', crit: ['exp'], exp: NOW + 60 },
    { alg: 'ES256', crit: [] },
    { alg: 'ES256', crit: ['b64'], b64: true },
    { alg: 'ES256', crit: ['b64'], b64: false },
    { alg: 'ES256', b64: false },
    { alg: 'ES256', b64: 'false' },
    { alg: 'ES256', crit: null },
  ])
    t.equal(
      said(await tried.send({ headers: bearer(forged(header, p256.privateKey)) })),
      '401 jwt/invalid',
      JSON.stringify(header),
    );
  t.equal(said(await tried.send({ headers: bearer(forged({ alg: 'ES256' }, p256.privateKey)) })), '200');
});

test('a key that a token brings along is never used', async (t) => {
  const mine = pairOf('p256');
  const tried = tryPlugin(jwt, { config: { ...AUDIENCE, jwks: { keys: [p256.jwk] } } });
  for (const header of [
    { jwk: mine.jwk },
    { jku: 'http://127.0.0.1:1/jwks' },
    { x5u: 'http://127.0.0.1:1/cert' },
    { x5c: ['MIIB'] },
  ])
    t.equal(
      said(await tried.send({ headers: bearer(forged({ alg: 'ES256', ...header }, mine.privateKey)) })),
      '401 jwt/invalid',
      Object.keys(header).join(),
    );
});

test('a kid is compared and nothing else', async (t) => {
  const named = { ...p256.jwk, kid: 'one' };
  const tried = tryPlugin(jwt, { config: { ...AUDIENCE, jwks: { keys: [named, ed25519.jwk] } } });
  const kids = ['../one', 'one\u0000', 'One', '', '__proto__', 'constructor', "' or 1=1", '/dev/null', 'one '];
  for (const kid of kids)
    t.equal(
      said(await tried.send({ headers: bearer(forged({ alg: 'ES256', kid }, p256.privateKey)) })),
      '401 jwt/invalid',
      JSON.stringify(kid),
    );
  t.equal(said(await tried.send({ headers: bearer(forged({ alg: 'ES256', kid: 'one' }, p256.privateKey)) })), '200');
  t.equal(said(await tried.send({ headers: bearer(forged({ alg: 'ES256' }, p256.privateKey)) })), '200', 'no kid');
  t.equal(
    said(await tried.send({ headers: bearer(forged({ alg: 'EdDSA', kid: 'one' }, ed25519.privateKey)) })),
    '401 jwt/invalid',
    'a kid that its key does not have',
  );
});

test('of keys with one kid, or of several without, the one that fits is found; what a key is not for it does not do', async (t) => {
  const [one, two] = [pairOf('p256'), pairOf('p256')];
  const rows: readonly (readonly [string, readonly Record<string, unknown>[], string])[] = [
    [
      'one kid twice',
      [
        { ...one.jwk, kid: 'a' },
        { ...two.jwk, kid: 'a' },
      ],
      '200',
    ],
    [
      'one kid for two kinds',
      [
        { ...ed25519.jwk, kid: 'a' },
        { ...two.jwk, kid: 'a' },
      ],
      '200',
    ],
    ['its own alg', [{ ...two.jwk, kid: 'a', alg: 'ES256' }], '200'],
    ['another alg', [{ ...two.jwk, kid: 'a', alg: 'ES384' }, ed25519.jwk], '401 jwt/invalid'],
    ['for encryption', [{ ...two.jwk, kid: 'a', use: 'enc' }, ed25519.jwk], '401 jwt/invalid'],
    ['for signing only', [{ ...two.jwk, kid: 'a', key_ops: ['sign'] }, ed25519.jwk], '401 jwt/invalid'],
    ['for checking', [{ ...two.jwk, kid: 'a', key_ops: ['verify'], use: 'sig' }], '200'],
  ];
  const text = forged({ alg: 'ES256', kid: 'a' }, two.privateKey);
  for (const [name, keys, wanted] of rows) {
    const tried = tryPlugin(jwt, { config: { ...AUDIENCE, jwks: { keys } } });
    t.equal(said(await tried.send({ headers: bearer(text) })), wanted, name);
  }
  const several = tryPlugin(jwt, { config: { ...AUDIENCE, jwks: { keys: [one.jwk, two.jwk] } } });
  t.equal(said(await several.send({ headers: bearer(forged({ alg: 'ES256' }, two.privateKey)) })), '200');
});
