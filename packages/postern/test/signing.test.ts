import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '@postern/control';
import { keyIdOf, keyPair, readPublicKey, signDocument, verifyEnvelope } from '@postern/source-nats';
import type { Verified } from '@postern/source-nats';
import { test } from 'tap';
import { needsNats } from '../../../test/kit/nats-server.ts';
import { EDGE, startFleet } from './fleet.ts';
import type { TestFleet } from './fleet.ts';
import { run } from './spawn.ts';

/** What a node that trusts this key makes of the newest value. */
async function verified(fleet: TestFleet, publicKey: string, last?: Verified): Promise<Verified> {
  const read = readPublicKey(publicKey);
  if (read.kind !== 'key') throw new Error(read.reason);
  const { bytes } = (await fleet.bucket.get('config.edge')) ?? { bytes: Buffer.of() };
  return verifyEnvelope(bytes, {
    key: 'edge',
    trusted: [{ id: keyIdOf(read.key), key: read.key }],
    last: last?.kind === 'verified' ? last.envelope : undefined,
    origin: 'config.edge',
  });
}

/** A key pair, the private half in postern-key.pem. */
async function keyIn(folder: string): Promise<{ readonly id: string; readonly publicKey: string }> {
  const { id, publicKey, privateKey } = keyPair();
  await writeFile(join(folder, 'postern-key.pem'), privateKey);
  return { id, publicKey };
}

test(
  'keygen writes a private key that only its owner may read, and prints what nodes need of it',
  needsNats(),
  async (t) => {
    const cwd = t.testdir({});
    const { code, out, err } = await run(['keygen'], { cwd });
    t.equal(code, 0);
    t.match(
      out,
      /^server:\n {2}source:\n {4}nats:\n {6}trustedKeys:\n {8}- MCowBQYDK2VwAyEA\S{44} {2}# [0-9a-f]{16}\n$/,
    );
    t.match(err, /^postern-key\.pem is written/);
    t.equal((await stat(join(cwd, 'postern-key.pem'))).mode & 0o777, 0o600);
    const before = await readFile(join(cwd, 'postern-key.pem'), 'utf8');
    t.match(before, /^-----BEGIN PRIVATE KEY-----\n/);
    t.match(await run(['keygen'], { cwd }), {
      code: 1,
      out: '',
      err: /is not written: there is such a file\n {2}fix: /,
    });
    t.equal(await readFile(join(cwd, 'postern-key.pem'), 'utf8'), before);
    const { id, publicKey } = JSON.parse((await run(['keygen', 'ci.pem', '--json'], { cwd })).out);
    const read = readPublicKey(publicKey);
    t.equal(read.kind === 'key' && keyIdOf(read.key), id);
    t.match(await run(['keygen', 'no/such/folder.pem'], { cwd }), { code: 1, err: /ENOENT/ });
  },
);

test(
  'push --sign and rollback --sign publish envelopes that nodes with the key take one after the other',
  needsNats(),
  async (t) => {
    const fleet = await startFleet(t);
    const cwd = t.testdir({ 'gateway.yaml': EDGE, 'next.yaml': EDGE.replace('yes-it-is', 'changed') });
    const { publicKey, id } = await keyIn(cwd);
    const sign = ['--sign', 'postern-key.pem'];
    t.equal((await fleet.postern(['push', 'gateway.yaml', ...sign], cwd)).code, 0);
    const first = await verified(fleet, publicKey);
    t.match(first, { kind: 'verified', envelope: { key: 'edge', document: EDGE, keyId: id } });
    t.match(await fleet.postern(['push', 'next.yaml', ...sign], cwd), { code: 0, out: '"yes-it-is" -> "changed"' });
    const second = await verified(fleet, publicKey, first);
    t.equal(second.kind, 'verified');
    t.equal((await fleet.postern(['rollback', '1', ...sign], cwd)).code, 0);
    t.match(await verified(fleet, publicKey, second), { kind: 'verified', envelope: { document: EDGE } });
    t.strictSame(await fleet.postern(['get', '1']), {
      code: 0,
      out: EDGE,
      err: `config.edge@1, signed by ${id} (not verified here)\n`,
    });
    const [{ digest, signedBy }] = JSON.parse((await fleet.postern(['history', '--json'])).out);
    t.strictSame({ digest, signedBy }, { digest: digestOf({ text: EDGE }), signedBy: id });
  },
);

test('an older envelope put back by hand is refused, and so is one for another fleet', needsNats(), async (t) => {
  const fleet = await startFleet(t);
  const cwd = t.testdir({ 'gateway.yaml': EDGE });
  const { publicKey } = await keyIn(cwd);
  const push = ['push', 'gateway.yaml', '--sign', 'postern-key.pem'];
  await fleet.postern(push, cwd);
  const { bytes: old } = (await fleet.bucket.get('config.edge')) ?? { bytes: Buffer.of() };
  await fleet.postern(push, cwd);
  const newest = await verified(fleet, publicKey);
  await fleet.bucket.put('config.edge', old);
  t.match(await verified(fleet, publicKey, newest), { issues: [{ code: 'signature/stale-revision' }] });
  await fleet.postern([...push, '--key', 'west'], cwd);
  const { bytes: west } = (await fleet.bucket.get('config.west')) ?? { bytes: Buffer.of() };
  await fleet.bucket.put('config.edge', west);
  t.match(await verified(fleet, publicKey), { issues: [{ code: 'signature/wrong-key' }] });
});

test('a clock that is behind does not keep a document from being signed as newer', needsNats(), async (t) => {
  const fleet = await startFleet(t);
  const cwd = t.testdir({ 'gateway.yaml': EDGE });
  const { publicKey, id } = await keyIn(cwd);
  const pem = createPrivateKey(await readFile(join(cwd, 'postern-key.pem')));
  const ahead = { key: 'edge', revision: 9e12, issuedAt: '2255-03-14T16:00:00.000Z', document: EDGE, keyId: id };
  await fleet.bucket.put('config.edge', Buffer.from(signDocument(ahead, pem)));
  await fleet.postern(['push', 'gateway.yaml', '--sign', 'postern-key.pem'], cwd);
  t.match(await verified(fleet, publicKey), { kind: 'verified', envelope: { revision: 9e12 + 1 } });
});

test('a high revision in an envelope that the key did not sign moves nothing', needsNats(), async (t) => {
  const fleet = await startFleet(t);
  const cwd = t.testdir({ 'gateway.yaml': EDGE });
  const { publicKey, id } = await keyIn(cwd);
  const forger = generateKeyPairSync('ed25519').privateKey;
  const highest = Number.MAX_SAFE_INTEGER;
  const forged = { key: 'edge', revision: highest, issuedAt: '2026-01-01T00:00:00.000Z', document: EDGE, keyId: id };
  await fleet.bucket.put('config.edge', Buffer.from(signDocument(forged, forger)));
  t.match(await verified(fleet, publicKey), { issues: [{ code: 'signature/bad' }] });
  await fleet.postern(['push', 'gateway.yaml', '--sign', 'postern-key.pem'], cwd);
  const taken = await verified(fleet, publicKey);
  t.ok(taken.kind === 'verified' && taken.envelope.revision <= Date.now());
});

test('push warns when it follows a signed document with one that is not', needsNats(), async (t) => {
  const fleet = await startFleet(t);
  const cwd = t.testdir({ 'gateway.yaml': EDGE });
  await keyIn(cwd);
  await fleet.postern(['push', 'gateway.yaml', '--sign', 'postern-key.pem'], cwd);
  t.match(await fleet.postern(['push', 'gateway.yaml'], cwd), {
    code: 0,
    err: 'postern: config.edge@1 is signed and this is not: nodes with trustedKeys will refuse it\n',
  });
});

test('a long document is signed, then gzip-ed', needsNats(), async (t) => {
  const fleet = await startFleet(t);
  const long = `${EDGE}# ${'x'.repeat(300_000)}\n`;
  const cwd = t.testdir({ 'gateway.yaml': long });
  await keyIn(cwd);
  t.equal((await fleet.postern(['push', 'gateway.yaml', '--sign', 'postern-key.pem'], cwd)).code, 0);
  t.ok(((await fleet.bucket.get('config.edge'))?.bytes.length ?? 0) < 10_000);
  t.equal((await fleet.postern(['get'])).out, long);
});

test('push --sign says of a file that holds no key what it is, and publishes nothing', needsNats(), async (t) => {
  const fleet = await startFleet(t);
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const cwd = t.testdir({ 'gateway.yaml': EDGE });
  await writeFile(join(cwd, 'public.pem'), publicKey.export({ format: 'pem', type: 'spki' }));
  await writeFile(join(cwd, 'rsa.pem'), privateKey.export({ format: 'pem', type: 'pkcs8' }));
  for (const [file, message] of [
    ['nowhere.pem', /^postern: the key cannot be read: ENOENT.*\n {2}fix: .*postern keygen/],
    ['gateway.yaml', /^postern: gateway\.yaml is no private key in PEM\n {2}fix: /],
    ['public.pem', /is no private key in PEM/],
    ['rsa.pem', /is a key of the kind rsa, not ed25519/],
  ] as const)
    t.match(await fleet.postern(['push', 'gateway.yaml', '--sign', file], cwd), { code: 1, out: '', err: message });
  t.equal(await fleet.bucket.get('config.edge'), undefined);
});
