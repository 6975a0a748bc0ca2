import { randomBytes } from 'node:crypto';
import { hashPassword } from '@postern/plugin-basic-auth';
import { digestOf } from '@postern/plugin-key-auth';
import { readSecret } from './read-secret.ts';
import { complain, say } from './terminal.ts';
import type { ExitCode } from './terminal.ts';

/** What to make a digest of. */
export type HashKind = 'key' | 'new-key' | 'password';

/** Bytes of a new key: 256 bits, which nobody guesses. */
const KEY_BYTES = 32;

/** `postern hash`: prints what a document holds in place of a secret, which is read from the terminal or a pipe. */
export async function hashCommand(kind: HashKind, options: { readonly json: boolean }): Promise<ExitCode> {
  if (kind === 'new-key') {
    const key = randomBytes(KEY_BYTES).toString('base64url');
    const digest = digestOf(key);
    say(options.json ? JSON.stringify({ key, digest }) : `key:    ${key}\ndigest: ${digest}`);
    complain('Give the key to its caller, and write the digest into the document. The key is shown nowhere again.');
    return 0;
  }
  const read = await readSecret(kind);
  if (read.kind === 'none') {
    complain(`postern: ${read.message}\n  fix: ${read.fix}`);
    return 1;
  }
  const hash = kind === 'key' ? digestOf(read.secret) : await hashPassword(read.secret, randomBytes(16));
  say(options.json ? JSON.stringify(kind === 'key' ? { digest: hash } : { hash }) : hash);
  return 0;
}
