import { digestOf } from '@postern/control';
import { openEnvelope, unpackValue } from '@postern/source-nats';
import type { Entry, Envelope } from '@postern/source-nats';
import { CommandFailed } from './session.ts';
import type { Session } from './session.ts';

/** Message headers that say who published a document and what for. */
export const AUTHOR = 'Postern-Author';
export const MESSAGE = 'Postern-Message';

/** One revision of the fleet's document. */
export interface Stored {
  readonly revision: number;
  /** ISO 8601, the server's time. */
  readonly at: string;
  readonly operation: Entry['operation'];
  readonly author: string | undefined;
  readonly message: string | undefined;
  /** The document, out of its envelope; undefined when the key was deleted here, or when the value is no document. */
  readonly text: Uint8Array | undefined;
  /** SHA-256 of the document in hex: what nodes say that runs it. */
  readonly digest: string | undefined;
  /** Whoever shows this has verified nothing: nodes do that. */
  readonly envelope: Envelope | undefined;
}

/** Reads an entry of the bucket as a revision of the document. Pure. */
export function toStored(entry: Entry): Stored {
  const { revision, operation, headers } = entry;
  // Servers say it to the nanosecond, which nobody reads.
  const at = new Date(entry.at).toISOString();
  const unpacked = operation === 'put' ? unpackValue(entry.bytes) : undefined;
  const bytes = unpacked?.kind === 'bytes' ? unpacked.bytes : undefined;
  const opened = bytes === undefined ? undefined : openEnvelope(bytes);
  const envelope = opened?.kind === 'envelope' ? opened.envelope : undefined;
  const text = envelope === undefined ? bytes : new TextEncoder().encode(envelope.document);
  const digest = text === undefined ? undefined : digestOf({ text });
  return { revision, at, operation, author: headers[AUTHOR], message: headers[MESSAGE], text, digest, envelope };
}

/** The newest revision; undefined when nothing was ever published. */
export async function readNewest({ bucket, subject }: Session): Promise<Stored | undefined> {
  const entry = await bucket.get(subject);
  return entry && toStored(entry);
}

/** The revision of that number, or the newest, with its document. Rejects in words when there is none. */
export async function readDocument(
  session: Session,
  revision: number | undefined,
): Promise<Stored & { readonly text: Uint8Array }> {
  const { bucket, subject, key } = session;
  const entry = await bucket.get(subject, revision);
  const fix = `see which there are with postern history --key ${key}`;
  if (entry === undefined) throw new CommandFailed(missing(session, revision), revision === undefined ? NO_KEY : fix);
  const stored = toStored(entry);
  if (stored.text !== undefined) return { ...stored, text: stored.text };
  const what = stored.operation === 'put' ? 'holds no document' : `is the ${stored.operation} of the key`;
  throw new CommandFailed(`${subject}@${stored.revision} ${what}`, fix);
}

const NO_KEY = 'name the fleet with --key, or publish a document with postern push';

function missing({ bucket, subject }: Session, revision: number | undefined): string {
  if (revision === undefined) return `bucket ${bucket.name} has no ${subject}`;
  return `bucket ${bucket.name} has no revision ${revision} of ${subject}: it never was, or is older than the bucket keeps`;
}
