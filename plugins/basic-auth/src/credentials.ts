import { problem } from '@postern/kit';
import type { Finding, KnownConsumer } from '@postern/kit';
import { looksHashed, readScrypt, workOf } from './scrypt-text.ts';
import type { ScryptHash } from './scrypt-text.ts';

/** One credential of a consumer: a user name, and a password or its hash. */
export interface Credential {
  readonly username: string;
  readonly password: string;
}

/** A user as requests are checked against it. */
export interface User {
  /** Undefined for the one that stands for all users that there are not. */
  readonly known: KnownConsumer['consumer'] | undefined;
  readonly secret: Secret;
  /** What the credential is, for the key of what is remembered of it: another password is another text. */
  readonly text: string;
}

/** What a password is held against. */
type Secret =
  | { readonly kind: 'scrypt'; readonly hash: ScryptHash }
  | { readonly kind: 'plain'; readonly password: string };

/** What is wrong with one credential beyond its schema. */
export function credentialFindings({ username, password }: Credential): readonly Finding[] {
  const findings: Finding[] = [];
  // oxlint-disable-next-line no-control-regex -- RFC 7617 section 2
  if (/[\x00-\x1f\x7f:]/.test(username)) findings.push(problem({ ...BAD_NAME, path: ['username'] }));
  if (looksHashed(password)) {
    const read = readScrypt(password);
    if ('code' in read) findings.push(problem({ ...badHash(read), path: ['password'] }));
    // oxlint-disable-next-line no-control-regex -- RFC 7617 section 2
  } else if (/[\x00-\x1f\x7f]/.test(password)) findings.push(problem({ ...BAD_PASSWORD, path: ['password'] }));
  return findings;
}

/** The users by name, with who stands for the names that there are not: whoever asks for one costs what a wrong password costs. */
export class Users {
  readonly #byName: ReadonlyMap<string, User>;
  readonly nobody: User;
  /** The costs that differ from one another; more than one, and users can be told apart by time. */
  readonly costs: ReadonlySet<string>;

  constructor(consumers: readonly KnownConsumer<Credential>[]) {
    const users = consumers.map(({ consumer, credential }): [string, User] => [
      credential.username.normalize('NFC'),
      { known: consumer, secret: secretOf(credential.password), text: credential.password },
    ]);
    this.#byName = new Map(users);
    const hashes = users.flatMap(([, { secret }]) => (secret.kind === 'scrypt' ? [secret.hash] : []));
    this.costs = new Set(hashes.map(({ N, r, p }) => `${N} ${r} ${p}`));
    this.nobody = { known: undefined, secret: nobodysSecret(hashes), text: '' };
  }

  named(username: string): User {
    return this.#byName.get(username) ?? this.nobody;
  }
}

function secretOf(password: string): Secret {
  const hash = looksHashed(password) ? readScrypt(password) : undefined;
  // What is no hash was an issue, but for one that could not be resolved: nobody knows its password.
  return hash === undefined || 'code' in hash ? { kind: 'plain', password } : { kind: 'scrypt', hash };
}

/** As costly as the costliest: a cheaper one would tell which users there are. Without any hash nothing is hashed. */
function nobodysSecret(hashes: readonly ScryptHash[]): Secret {
  const [costliest] = hashes.toSorted((a, b) => workOf(b) - workOf(a));
  if (costliest === undefined) return { kind: 'plain', password: '' };
  return { kind: 'scrypt', hash: { ...costliest, salt: new Uint8Array(16), hash: new Uint8Array(32) } };
}

const BAD_NAME = {
  code: 'basic-auth/username',
  message: 'a user name has no colon and no control characters: no request could carry it',
  fix: 'choose another name',
};
const BAD_PASSWORD = {
  code: 'basic-auth/password',
  message: 'the password has a control character: no request could carry it',
  fix: 'a value read from a file may end in a line break: take it out, or make a hash with postern hash --password',
};

function badHash(bad: { readonly code: string; readonly message: string }): Omit<Finding, 'severity' | 'path'> {
  const fix = 'make the hash with postern hash --password';
  return { code: bad.code === 'hash' ? 'basic-auth/hash' : 'basic-auth/hash-cost', message: bad.message, fix };
}
