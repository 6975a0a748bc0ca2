import { writeFile } from 'node:fs/promises';
import { keyPair } from '@postern/source-nats';
import { complain, say } from '../terminal.ts';
import type { ExitCode } from '../terminal.ts';

/** `postern keygen`: writes a new private key that only its owner may read, and prints what nodes need of it. */
export async function keygenCommand(file: string, options: { readonly json: boolean }): Promise<ExitCode> {
  const { id, privateKey, publicKey } = keyPair();
  try {
    // Never over another key: documents signed by it could not be followed by any others.
    await writeFile(file, privateKey, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    const reason = exists ? 'there is such a file' : error instanceof Error ? error.message : String(error);
    complain(`postern: ${file} is not written: ${reason}\n  fix: name another file`);
    return 1;
  }
  complain(
    `${file} is written: keep it where documents are published, and nowhere else. For every node, then restart it:`,
  );
  if (options.json) say(JSON.stringify({ id, publicKey, file }, undefined, 2));
  else say(`server:\n  source:\n    nats:\n      trustedKeys:\n        - ${publicKey}  # ${id}`);
  return 0;
}
