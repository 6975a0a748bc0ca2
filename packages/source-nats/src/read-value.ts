import { createHash } from 'node:crypto';
import type { Issue } from '@postern/kit';
import { openEnvelope } from './envelope.ts';
import type { Envelope } from './envelope.ts';
import type { TrustedKey } from './keys.ts';
import { MAX_VALUE_BYTES, unpackValue } from './value.ts';
import { verifyEnvelope } from './verify.ts';

/** What a value of the bus is held against. */
export interface Reader {
  readonly key: string;
  /** Empty: unsigned documents count. */
  readonly trusted: readonly TrustedKey[];
  readonly last: Pick<Envelope, 'revision' | 'signature'> | undefined;
}

/** The text in a value, or why it has none that counts. */
export type Value =
  | { readonly kind: 'text'; readonly text: Uint8Array; readonly envelope: Envelope | undefined }
  | { readonly kind: 'refused'; readonly issues: readonly Issue[] };

/** Takes a value of the bus out of gzip and envelope: caps first, then the signature, all before anything is parsed. */
export function readValue(value: Uint8Array, origin: string, reader: Reader): Value {
  const unpacked = unpackValue(value);
  if (unpacked.kind !== 'bytes') return { kind: 'refused', issues: [unreadable(origin, unpacked.kind)] };
  const { bytes } = unpacked;
  if (reader.trusted.length > 0) {
    const verified = verifyEnvelope(bytes, { ...reader, origin });
    return verified.kind === 'refused' ? verified : fromEnvelope(verified.envelope);
  }
  // Without keys a signature is worth nothing, and the document in the envelope as much as one without.
  const opened = openEnvelope(bytes);
  return opened.kind === 'envelope'
    ? fromEnvelope(opened.envelope)
    : { kind: 'text', text: bytes, envelope: undefined };
}

/** SHA-256 in hex: of a value as it stands in the bucket, or of a document's text, the digest under which that serves. */
export function digestOf(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function fromEnvelope(envelope: Envelope): Value {
  return { kind: 'text', text: new TextEncoder().encode(envelope.document), envelope };
}

function unreadable(origin: string, kind: 'too-large' | 'broken'): Issue {
  const large = `the document has more than ${MAX_VALUE_BYTES / 1024 / 1024} MiB`;
  const [code, message, fix] =
    kind === 'too-large'
      ? ['source/too-large', large, 'split it over several gateways']
      : ['source/broken-gzip', 'the value starts like gzip and cannot be inflated', 'put the document again'];
  return { severity: 'error', code, message, fix, file: origin, line: 1, column: 1, pointer: '' };
}
