import { parseMembers } from './members.ts';

/** What a signature covers: a document, for whom it is, and where it stands in the order of all documents signed for them. */
export interface SignedFields {
  /** Bucket key of the fleet, as in `server.source.nats.key`. */
  readonly key: string;
  /** Rises with every document signed for the key; not the revision of the bucket, which the broker gives. */
  readonly revision: number;
  /** ISO 8601 in UTC, with milliseconds. For people: nothing is decided by it. */
  readonly issuedAt: string;
  /** The text of the document. */
  readonly document: string;
  /** Which of the trusted keys signed. */
  readonly keyId: string;
}

/** A signed document as it stands on the bus. */
export interface Envelope extends SignedFields {
  /** Ed25519, base64. */
  readonly signature: string;
}

// Another use of the same key can never be taken for a document.
const PURPOSE = 'postern envelope 1\n';

const SIGNATURE_BYTES = 64;

/**
 * The one canonical form of an envelope: JSON as `JSON.stringify` writes it, members in this order, nothing between them.
 * What differs from it in one byte is no envelope, so no two texts stand for one, and no reader can see another document
 * in it than the one that was signed (a member twice, say). Pure.
 */
export function envelopeText({ key, revision, issuedAt, document, keyId, signature }: Envelope): string {
  return JSON.stringify({ key, revision, issuedAt, document, keyId, signature });
}

/** What is signed: a line that names the purpose, then the canonical form without its signature. Pure. */
export function signedBytes({ key, revision, issuedAt, document, keyId }: SignedFields): Uint8Array {
  return new TextEncoder().encode(`${PURPOSE}${JSON.stringify({ key, revision, issuedAt, document, keyId })}`);
}

/** What a value of the bus is, before any signature is looked at. */
export type Opened =
  | { readonly kind: 'envelope'; readonly envelope: Envelope }
  /** Not meant as an envelope: a plain document, or anything else. */
  | { readonly kind: 'plain' }
  /** Meant as an envelope, and none. */
  | { readonly kind: 'malformed' };

/** Reads a value, inflated, as an envelope. Verifies nothing. Pure. */
export function openEnvelope(bytes: Uint8Array): Opened {
  // A plain document may have megabytes; only what starts like an envelope is read as one.
  if (!startsLikeEnvelope(bytes)) return { kind: 'plain' };
  const text = decodeUtf8(bytes);
  const envelope = text === undefined ? undefined : toEnvelope(parseMembers(text));
  if (envelope === undefined || envelopeText(envelope) !== text) return { kind: 'malformed' };
  return { kind: 'envelope', envelope };
}

const START = new TextEncoder().encode('{"key":');

function startsLikeEnvelope(bytes: Uint8Array): boolean {
  return START.every((byte, at) => bytes[at] === byte);
}

function toEnvelope(members: ReadonlyMap<string, unknown>): Envelope | undefined {
  const revision = members.get('revision');
  const [key, issuedAt, document, keyId, signature] = TEXTS.map((name) => members.get(name));
  if (typeof revision !== 'number' || !Number.isSafeInteger(revision) || revision < 1) return undefined;
  if (typeof key !== 'string' || typeof document !== 'string' || typeof keyId !== 'string') return undefined;
  if (typeof issuedAt !== 'string' || !isTime(issuedAt)) return undefined;
  if (typeof signature !== 'string' || !isSignature(signature)) return undefined;
  return { key, revision, issuedAt, document, keyId, signature };
}

const TEXTS = ['key', 'issuedAt', 'document', 'keyId', 'signature'] as const;

function isTime(text: string): boolean {
  const time = new Date(text);
  return !Number.isNaN(time.getTime()) && time.toISOString() === text;
}

/** The last letter of base64 has bits that no byte takes: only the form that encoding gives is taken. */
function isSignature(text: string): boolean {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === SIGNATURE_BYTES && bytes.toString('base64') === text;
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    // A byte order mark is a byte more than the canonical form has: it is kept, and refused.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined; // the one thing a fatal decoder throws for
  }
}
