import { gunzipSync, gzipSync } from 'node:zlib';

/** Bytes above which a value goes on the bus gzip-ed. */
const PLAIN_BYTES = 256 * 1024;

/** Bytes that a value may have once it is inflated: as many as a document. */
export const MAX_VALUE_BYTES = 8 * 1024 * 1024;

/** The form in which bytes go on the bus: gzip-ed when there are many. Pure. */
export function packValue(bytes: Uint8Array): Uint8Array {
  return bytes.length > PLAIN_BYTES ? gzipSync(bytes) : bytes;
}

/** The bytes that a value of the bus stands for, or why it stands for none. */
export type Unpacked =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'broken' };

/** Inflates a value that is gzip-ed, which its first two bytes tell; nothing above the cap is ever held. Pure. */
export function unpackValue(value: Uint8Array): Unpacked {
  if (value[0] !== 0x1f || value[1] !== 0x8b)
    return value.length > MAX_VALUE_BYTES ? { kind: 'too-large' } : { kind: 'bytes', bytes: value };
  try {
    return { kind: 'bytes', bytes: gunzipSync(value, { maxOutputLength: MAX_VALUE_BYTES }) };
  } catch (error) {
    const large = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    return { kind: large ? 'too-large' : 'broken' };
  }
}
