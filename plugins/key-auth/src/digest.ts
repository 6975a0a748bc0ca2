import { hash } from 'node:crypto';

const PREFIX = 'sha256:';
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Whether a credential says that it is a digest, well formed or not. */
export function looksHashed(key: string): boolean {
  return key.startsWith(PREFIX);
}

/** Whether it is one: `sha256:` and 64 hex digits in lower case. */
export function isDigest(key: string): boolean {
  return DIGEST.test(key);
}

/** The digest of a key as documents hold it: `sha256:` and the SHA-256 of its UTF-8 bytes in hex. */
export function digestOf(key: string): string {
  return `${PREFIX}${hash('sha256', key)}`;
}

/**
 * The digest of what a client showed, as the header lines have it: one character for each byte. The same as `digestOf` of the text
 * whose UTF-8 bytes these are.
 */
export function digestOfShown(shown: string): string {
  // Nearly all keys are ASCII, whose bytes are the same in either coding.
  return `${PREFIX}${hash('sha256', ASCII.test(shown) ? shown : Buffer.from(shown, 'latin1'))}`;
}

// oxlint-disable-next-line no-control-regex -- the range of ASCII begins there
const ASCII = /^[\x00-\x7f]*$/;
