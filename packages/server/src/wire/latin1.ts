/** A view of bytes as text of one byte a character. */
export function latin1(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString('latin1');
}

/** The same text of latin1 in memory of its own: a piece of a head would keep all of it. */
export function copyOf(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
