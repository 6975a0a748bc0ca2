import { verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Issue } from '@postern/kit';
import { openEnvelope, signedBytes } from './envelope.ts';
import type { Envelope } from './envelope.ts';
import type { TrustedKey } from './keys.ts';

/** What a node holds against an envelope. */
export interface Expected {
  /** `server.source.nats.key`. */
  readonly key: string;
  /** Never empty: a node without trusted keys verifies nothing. */
  readonly trusted: readonly TrustedKey[];
  /** The envelope taken last, by this process or the one before it: the last good file keeps it. */
  readonly last: Pick<Envelope, 'revision' | 'signature'> | undefined;
  /** What issues name as the file: `config.edge@57`. */
  readonly origin: string;
}

/** A document that may be parsed, or the one issue that keeps it from that. */
export type Verified =
  | { readonly kind: 'verified'; readonly envelope: Envelope }
  | { readonly kind: 'refused'; readonly issues: readonly [Issue] };

/**
 * Verifies a value of the bus, inflated, before anything of it is parsed as a document: it is an envelope in canonical form,
 * signed by a trusted key, for this fleet, and newer than the last one. The last one itself, come again, is verified: after
 * a restart it is what the bucket still holds. Pure; never throws.
 */
export function verifyEnvelope(bytes: Uint8Array, expected: Expected): Verified {
  const opened = openEnvelope(bytes);
  if (opened.kind === 'plain') return refused(expected, UNSIGNED);
  if (opened.kind === 'malformed') return refused(expected, MALFORMED);
  const { envelope } = opened;
  const trusted = expected.trusted.find(({ id }) => id === envelope.keyId);
  if (trusted === undefined) return refused(expected, unknownKey(envelope, expected));
  // From here on, and no earlier, what the envelope says of itself is worth showing.
  if (!isSignedBy(envelope, trusted.key)) return refused(expected, BAD);
  if (envelope.key !== expected.key) return refused(expected, wrongKey(envelope, expected));
  const { last } = expected;
  if (last !== undefined && envelope.revision <= last.revision && envelope.signature !== last.signature)
    return refused(expected, stale(envelope, last.revision));
  return { kind: 'verified', envelope };
}

/** Whether the signature of an envelope is that of a key. Pure. */
export function isSignedBy(envelope: Envelope, key: KeyObject): boolean {
  return verify(null, signedBytes(envelope), key, Buffer.from(envelope.signature, 'base64'));
}

type Reason = Pick<Issue, 'code' | 'message' | 'fix'>;

const UNSIGNED: Reason = {
  code: 'signature/unsigned',
  message: 'the document is not signed, and this gateway takes signed ones only',
  fix: 'push it with --sign key.pem',
};

const MALFORMED: Reason = {
  code: 'signature/malformed',
  message: 'the document is in an envelope that is not whole, or not in its canonical form',
  fix: 'push the document again with --sign key.pem',
};

const BAD: Reason = {
  code: 'signature/bad',
  message: 'the signature does not fit: the envelope was changed after it was signed, or signed by another key',
  fix: 'push the document again with --sign key.pem, and find out who wrote this',
};

function unknownKey({ keyId }: Envelope, { trusted }: Expected): Reason {
  return {
    code: 'signature/unknown-key',
    message: `the document is signed with the key ${JSON.stringify(keyId.slice(0, 64))}, which is not trusted here`,
    fix: `sign with one of ${trusted.map(({ id }) => id).join(', ')}, or add the key to server.source.nats.trustedKeys and restart`,
  };
}

function wrongKey({ key }: Envelope, expected: Expected): Reason {
  return {
    code: 'signature/wrong-key',
    message: `the document is signed for ${JSON.stringify(key.slice(0, 64))}, not for ${expected.key}`,
    fix: `push it with --key ${expected.key}`,
  };
}

function stale({ revision, issuedAt }: Envelope, last: number): Reason {
  return {
    code: 'signature/stale-revision',
    message: `the document was signed as revision ${revision} at ${issuedAt}, and revision ${last} has been here before`,
    fix: 'to go back to an older document, use rollback with --sign key.pem; else find out who put this back',
  };
}

/** Every refusal has this one shape, and stands at the first line: where in the text it went wrong is nobody's to learn. */
function refused({ origin }: Expected, reason: Reason): Verified {
  return { kind: 'refused', issues: [{ severity: 'error', ...reason, file: origin, line: 1, column: 1, pointer: '' }] };
}
