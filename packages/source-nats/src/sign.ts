import { sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { envelopeText, signedBytes } from './envelope.ts';
import type { SignedFields } from './envelope.ts';

/** Puts a document into a signed envelope, as the text that goes on the bus. Pure: ed25519 needs no chance to sign. */
export function signDocument(fields: SignedFields, privateKey: KeyObject): string {
  const signature = sign(null, signedBytes(fields), privateKey).toString('base64');
  return envelopeText({ ...fields, signature });
}

/**
 * The revision to sign under: milliseconds since 1970, or one more than the last one signed where a clock is behind. So it
 * rises without anybody keeping count, also over a bucket that was lost and made anew. Pure.
 */
export function nextSignedRevision(now: number, last: number | undefined): number {
  return Math.max(now, (last ?? 0) + 1);
}
