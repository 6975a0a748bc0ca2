import { claimText } from '@postern/kit';
import type { Claims } from '@postern/kit';

/** All that a header value may be made of without a second reading: visible ASCII but `%`, spaces inside. */
const PLAIN = /^[\x21-\x24\x26-\x7e](?:[\x20-\x24\x26-\x7e]*[\x21-\x24\x26-\x7e])?$/;

/**
 * A claim as the value of a header: everything beyond visible ASCII, and `%` itself, as the percent-encoded bytes of UTF-8, so that
 * no value can end the header and each can be read back. Undefined where the claim is absent, empty, or no text, number, truth or
 * list of these.
 */
export function headerValue(claims: Claims, name: string): string | undefined {
  const text = claimText(claims, name);
  if (text === undefined || text === '') return undefined;
  return PLAIN.test(text) ? text : encode(text);
}

function encode(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let encoded = '';
  for (const [at, byte] of bytes.entries()) {
    const inside = at > 0 && at < bytes.length - 1;
    const plain = (byte > 0x20 && byte < 0x7f && byte !== 0x25) || (byte === 0x20 && inside);
    encoded += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
