import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'tap';
import { envelopeText, openEnvelope, signedBytes } from '../src/envelope.ts';
import type { Envelope } from '../src/envelope.ts';
import { keyIdOf, keyPair, readPrivateKey, readPublicKey } from '../src/keys.ts';
import { nextSignedRevision, signDocument } from '../src/sign.ts';
import { verifyEnvelope } from '../src/verify.ts';
import type { Expected, Verified } from '../src/verify.ts';
import fc from '../../../test/kit/properties.ts';

const pair = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('ed25519');
const id = keyIdOf(pair.publicKey);
const FIELDS = {
  key: 'edge',
  revision: 1_700_000_000_000,
  issuedAt: '2026-01-02T03:04:05.678Z',
  document: 'apiGroups: []\n# "quotes", \\ and ü\n',
  keyId: id,
};
const EXPECTED: Expected = {
  key: 'edge',
  trusted: [{ id, key: pair.publicKey }],
  last: undefined,
  origin: 'config.edge@57',
};
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const signed = (fields: Partial<typeof FIELDS> = {}): string => signDocument({ ...FIELDS, ...fields }, pair.privateKey);
const verified = (text: string | Uint8Array, more: Partial<Expected> = {}): Verified =>
  verifyEnvelope(typeof text === 'string' ? encode(text) : text, { ...EXPECTED, ...more });
const codeOf = (result: Verified): string => (result.kind === 'refused' ? result.issues[0].code : 'verified');

test('an envelope gives back the document that was signed', async (t) => {
  const result = verified(signed());
  t.match(result, { kind: 'verified', envelope: FIELDS });
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1 }), (document, revision) => {
      const again = verified(signed({ document, revision }));
      return again.kind === 'verified' && again.envelope.document === document;
    }),
  );
});

test('an envelope with any one bit flipped is refused', async (t) => {
  const bytes = encode(signed());
  const passed: string[] = [];
  for (let at = 0; at < bytes.length * 8; at += 1) {
    const flipped = bytes.with(at >> 3, (bytes[at >> 3] ?? 0) ^ (1 << (at & 7)));
    if (verified(flipped).kind !== 'refused') passed.push(`bit ${at}`);
  }
  t.same(passed, []);
});

test('an envelope with any byte replaced, removed or put in is refused', async () => {
  const at = fc.nat({ max: 100_000 });
  const edit = fc.record({ at, removed: fc.nat({ max: 3 }), put: fc.uint8Array({ maxLength: 3 }) });
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), edit, (document, { at, removed, put }) => {
      const bytes = encode(signed({ document }));
      const place = at % (bytes.length + 1);
      const edited = Buffer.concat([bytes.subarray(0, place), put, bytes.subarray(place + removed)]);
      return edited.equals(bytes) || verified(edited).kind === 'refused';
    }),
    { numRuns: 2000 },
  );
});

test('each reason to refuse has its code, the same shape, and a mend', async (t) => {
  const forged = sign(null, signedBytes(FIELDS), other.privateKey).toString('base64');
  const [head = '', tail = ''] = signed().split('"revision"');
  for (const [code, value, more] of [
    ['signature/unsigned', 'apiGroups: []', {}],
    ['signature/unsigned', '', {}],
    ['signature/unsigned', '{ "apiGroups": [] }', {}],
    ['signature/unsigned', `\ufeff${signed()}`, {}],
    ['signature/malformed', '{"key":"edge"}', {}],
    ['signature/malformed', `${signed()}\n`, {}],
    ['signature/malformed', signed({ revision: 0 }), {}],
    ['signature/malformed', signed({ revision: 1.5 }), {}],
    ['signature/malformed', signed({ issuedAt: 'yesterday' }), {}],
    ['signature/malformed', `${head}"document":"x","revision"${tail}`, {}],
    ['signature/malformed', Buffer.concat([encode(signed()), Buffer.of(0xff)]), {}],
    ['signature/unknown-key', signed({ keyId: 'nobody' }), {}],
    ['signature/bad', envelopeText({ ...FIELDS, signature: forged }), {}],
    ['signature/wrong-key', signed({ key: 'west' }), {}],
    ['signature/stale-revision', signed(), { last: { revision: FIELDS.revision + 1, signature: '' } }],
    ['signature/stale-revision', signed(), { last: { revision: FIELDS.revision, signature: forged } }],
  ] as const) {
    const result = verified(value, more);
    t.equal(codeOf(result), code, String(value));
    t.match(result, {
      issues: [{ severity: 'error', file: 'config.edge@57', line: 1, column: 1, pointer: '', fix: /./ }],
    });
  }
});

test('what an envelope says of itself shows in no issue before its signature has been verified', async (t) => {
  const document = 'secret-looking text';
  for (const text of [signed({ document }).replace('"edge"', '"lies"'), signed({ document, keyId: 'nobody' })]) {
    const result = verified(text);
    t.equal(result.kind, 'refused');
    t.notMatch(JSON.stringify(result), /lies|secret-looking/);
  }
});

test('the last envelope come again is verified, and only a higher revision comes after it', async (t) => {
  const opened = openEnvelope(encode(signed()));
  const last = opened.kind === 'envelope' ? opened.envelope : undefined;
  t.equal(codeOf(verified(signed(), { last })), 'verified');
  t.equal(codeOf(verified(signed({ document: 'another' }), { last })), 'signature/stale-revision');
  t.equal(codeOf(verified(signed({ revision: FIELDS.revision + 1 }), { last })), 'verified');
});

test('each of several trusted keys may sign, and none for another', async (t) => {
  const otherId = keyIdOf(other.publicKey);
  const trusted = [...EXPECTED.trusted, { id: otherId, key: other.publicKey }];
  t.equal(codeOf(verified(signDocument({ ...FIELDS, keyId: otherId }, other.privateKey), { trusted })), 'verified');
  t.equal(codeOf(verified(signDocument(FIELDS, other.privateKey), { trusted })), 'signature/bad');
});

test('the canonical form is JSON with the members in their order and nothing between them', async (t) => {
  const envelope: Envelope = { ...FIELDS, document: 'a"\n', signature: 'x' };
  t.equal(
    envelopeText(envelope),
    `{"key":"edge","revision":1700000000000,"issuedAt":"2026-01-02T03:04:05.678Z","document":"a\\"\\n","keyId":"${id}","signature":"x"}`,
  );
  t.equal(
    new TextDecoder().decode(signedBytes(envelope)),
    `postern envelope 1\n{"key":"edge","revision":1700000000000,"issuedAt":"2026-01-02T03:04:05.678Z","document":"a\\"\\n","keyId":"${id}"}`,
  );
});

test('the revision to sign under is the time, or one more than the last where a clock is behind', async (t) => {
  t.equal(nextSignedRevision(1000, undefined), 1000);
  t.equal(nextSignedRevision(1000, 999), 1000);
  t.equal(nextSignedRevision(1000, 1000), 1001);
  t.equal(nextSignedRevision(1000, 5000), 5001);
});

test('keys are read as PEM or as one line of base64, and what is none says why', async (t) => {
  const { privateKey, publicKey, id } = keyPair();
  const pem = createPublicKey(createPrivateKey(privateKey)).export({ format: 'pem', type: 'spki' }).toString();
  for (const text of [publicKey, pem]) {
    const read = readPublicKey(text);
    t.equal(read.kind === 'key' && keyIdOf(read.key), id);
  }
  const read = readPrivateKey(privateKey);
  t.equal(read.kind === 'key' && keyIdOf(read.key), id);
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const rsaPem = rsa.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const locked = pair.privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' });
  for (const [result, reason] of [
    [readPublicKey('hello'), /is no public key/],
    [readPublicKey(privateKey), /is a private key/],
    [readPublicKey(rsa.publicKey.export({ format: 'pem', type: 'spki' }).toString()), /kind rsa, not ed25519/],
    [readPrivateKey('hello'), /is no private key/],
    [readPrivateKey(pem), /is no private key/],
    [readPrivateKey(rsaPem), /kind rsa/],
    [readPrivateKey(locked.toString()), /is encrypted/],
  ] as const)
    t.match(result, { kind: 'not-a-key', reason });
});
