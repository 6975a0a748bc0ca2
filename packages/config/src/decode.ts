import type { SourceText } from '@postern/model';

/** Bytes that one document may have: above it nothing is read at all. */
export const MAX_BYTES = 8 * 1024 * 1024;

const BYTE_ORDER_MARK = 0xfeff;

/** The text of a document, or what keeps its bytes from being one. Lines and columns are one-based. */
export type Decoded =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'not-utf-8'; readonly line: number; readonly column: number };

/** Decodes a document: size cap first, then UTF-8 without mercy, then one byte order mark is taken off. Pure. */
export function decode({ text }: Pick<SourceText, 'text'>): Decoded {
  // A UTF-16 code unit takes at least one byte of UTF-8, so the length is a lower bound that costs nothing.
  if (text.length > MAX_BYTES) return { kind: 'too-large' };
  if (typeof text !== 'string') {
    const decoded = decodeUtf8(text);
    return decoded === undefined ? badByte(text) : { kind: 'text', text: decoded };
  }
  if (text.length * 3 > MAX_BYTES && new TextEncoder().encode(text).length > MAX_BYTES) return { kind: 'too-large' };
  return { kind: 'text', text: text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text };
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined; // the one thing a fatal decoder throws for
  }
}

/** Line breaks are single bytes in UTF-8 and never part of another character: the bad line can be found alone. */
function badByte(bytes: Uint8Array): Decoded {
  let start = 0;
  for (let line = 1; ; line += 1) {
    const end = lineEnd(bytes, start);
    const slice = bytes.subarray(start, end === -1 ? bytes.length : end);
    if (decodeUtf8(slice) === undefined) return { kind: 'not-utf-8', line, column: goodLength(slice) + 1 };
    if (end === -1) return { kind: 'not-utf-8', line, column: 1 };
    start = end + 1;
  }
}

/** The last byte of the line that starts there; `\n`, `\r\n` and `\r` end one, as in YAML. -1 when nothing does. */
function lineEnd(bytes: Uint8Array, start: number): number {
  for (let at = start; at < bytes.length; at += 1) {
    if (bytes[at] === 0x0a) return at;
    if (bytes[at] === 0x0d) return bytes[at + 1] === 0x0a ? at + 1 : at;
  }
  return -1;
}

/** Code units that decode before the first bad byte: a streaming decoder holds back what is not whole yet. */
function goodLength(line: Uint8Array): number {
  const lenient = new TextDecoder('utf-8', { ignoreBOM: true }).decode(line);
  let good = 0;
  let bytes = 0;
  const encoder = new TextEncoder();
  for (const character of lenient) {
    const encoded = encoder.encode(character);
    if (!encoded.every((byte, at) => line[bytes + at] === byte)) return good;
    bytes += encoded.length;
    good += character.length;
  }
  return good;
}
