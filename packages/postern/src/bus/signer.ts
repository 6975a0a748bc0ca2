import { readFile } from 'node:fs/promises';
import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import {
  MAX_VALUE_BYTES,
  isSignedBy,
  keyIdOf,
  nextSignedRevision,
  packValue,
  readPrivateKey,
  signDocument,
} from '@postern/source-nats';
import type { Envelope } from '@postern/source-nats';
import { CommandFailed } from './session.ts';
import type { Session } from './session.ts';
import type { Stored } from './stored.ts';

/** Reads the key of `--sign`; rejects in words when the file holds none. */
export async function readSigner(file: string | undefined): Promise<KeyObject | undefined> {
  if (file === undefined) return undefined;
  const read = readPrivateKey(await textOf(file));
  if (read.kind === 'key') return read.key;
  throw new CommandFailed(`${file} ${read.reason}`, 'name a key file that postern keygen wrote');
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandFailed(`the key cannot be read: ${reason}`, 'name a key file that postern keygen wrote');
  }
}

/** The value that goes on the bus for a document: in an envelope when there is a signer, gzip-ed when it is long. */
export function toValue(
  text: Uint8Array,
  signer: KeyObject | undefined,
  { session, newest }: { readonly session: Session; readonly newest: Stored | undefined },
): Uint8Array {
  const value = signer === undefined ? text : new TextEncoder().encode(toEnvelope(text, signer, { session, newest }));
  if (value.length <= MAX_VALUE_BYTES) return packValue(value);
  throw new CommandFailed('in its envelope the document has more than 8 MiB', 'make it shorter');
}

function toEnvelope(
  text: Uint8Array,
  signer: KeyObject,
  { session, newest }: { readonly session: Session; readonly newest: Stored | undefined },
): string {
  const now = Date.now();
  const fields = {
    key: session.key,
    revision: nextSignedRevision(now, ownRevision(newest?.envelope, signer)),
    issuedAt: new Date(now).toISOString(),
    document: new TextDecoder().decode(text),
    keyId: keyIdOf(signer),
  };
  return signDocument(fields, signer);
}

/**
 * The revision of the newest envelope if this very key signed it. Whoever can write the bucket can put any number there:
 * to follow that one would let them use up all numbers there are.
 */
function ownRevision(envelope: Envelope | undefined, signer: KeyObject): number | undefined {
  return envelope !== undefined && isSignedBy(envelope, createPublicKey(signer)) ? envelope.revision : undefined;
}
