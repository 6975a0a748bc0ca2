import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAccount, createOperator, createUser } from 'nkeys.js';
import type { KeyPair } from 'nkeys.js';
import { generate } from 'selfsigned';

/** An authority with the certificate of a server and of a client, as PEM files. */
export interface TestCertificates {
  readonly ca: string;
  readonly server: { readonly cert: string; readonly key: string };
  readonly client: { readonly cert: string; readonly key: string };
}

/** Makes certificates in a folder; they hold for one address only, not for `localhost`. */
export async function certificatesIn(folder: string, address = '127.0.0.1'): Promise<TestCertificates> {
  const authority = await generate([{ name: 'commonName', value: 'test authority' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const ca = fileIn(folder, 'ca.pem', authority.cert);
  const issue = async (name: string): Promise<{ readonly cert: string; readonly key: string }> => {
    const made = await generate([{ name: 'commonName', value: name }], {
      keyType: 'ec',
      algorithm: 'sha256',
      ca: { key: authority.private, cert: authority.cert },
      extensions: [
        { name: 'basicConstraints', cA: false },
        { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
        { name: 'subjectAltName', altNames: [{ type: 7, ip: address }] },
      ],
    });
    return { cert: fileIn(folder, `${name}.pem`, made.cert), key: fileIn(folder, `${name}.key`, made.private) };
  };
  return { ca, server: await issue('server'), client: await issue('client') };
}

/** A file with the seed of a new user nkey, and the public key that a server has to know. */
export function nkeyIn(folder: string, name: string): { readonly file: string; readonly publicKey: string } {
  const pair = createUser();
  return { file: fileIn(folder, name, `${seedOf(pair)}\n`), publicKey: pair.getPublicKey() };
}

/** An operator with one account that has JetStream. */
export interface TestOperator {
  /** Configuration of a server that trusts the operator. */
  readonly config: string;
  /** Writes the credentials file of a new user; `seconds`: how long they hold, from now. */
  credentials(file: string, seconds?: number): string;
}

/** Makes an operator, an account and what a server has to know of them. */
export function testOperator(): TestOperator {
  const [operator, account, system] = [createOperator(), createAccount(), createAccount()];
  const none = { subs: -1, conn: -1, leaf: -1, imports: -1, exports: -1, data: -1, payload: -1, wildcards: true };
  const jetstream = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
  const accountOf = (pair: KeyPair, more: object): string =>
    tokenOf(operator, pair, { type: 'account', version: 2, limits: { ...none, ...more } });
  const config = [
    `operator: ${tokenOf(operator, operator, { type: 'operator', version: 2, system_account: system.getPublicKey() })}`,
    `system_account: ${system.getPublicKey()}`,
    'resolver: MEMORY',
    `resolver_preload: { ${account.getPublicKey()}: ${accountOf(account, jetstream)}, ${system.getPublicKey()}: ${accountOf(system, {})} }`,
  ].join('\n');
  return {
    config,
    credentials(file, seconds) {
      const user = createUser();
      const end = seconds === undefined ? {} : { exp: Math.floor(Date.now() / 1000) + seconds };
      const rights = { type: 'user', version: 2, subs: -1, data: -1, payload: -1, pub: {}, sub: {} };
      const token = tokenOf(account, user, rights, end);
      writeFileSync(
        file,
        `-----BEGIN NATS USER JWT-----\n${token}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${seedOf(user)}\n------END USER NKEY SEED------\n`,
      );
      return file;
    },
  };
}

/** A token as NATS wants them: a JWT whose header names nkeys, signed by the issuer's. */
function tokenOf(issuer: KeyPair, subject: KeyPair, nats: object, more: object = {}): string {
  const claims = {
    jti: randomUUID(),
    iat: Math.floor(Date.now() / 1000) - 10,
    iss: issuer.getPublicKey(),
    name: 'test',
    sub: subject.getPublicKey(),
    ...more,
    nats,
  };
  const parts = [{ typ: 'JWT', alg: 'ed25519-nkey' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const body = parts.join('.');
  return `${body}.${Buffer.from(issuer.sign(Buffer.from(body))).toString('base64url')}`;
}

function seedOf(pair: KeyPair): string {
  return new TextDecoder().decode(pair.getSeed());
}

function fileIn(folder: string, name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}
