import type { Runtime } from './runtime.ts';

/** Character codes of the hex digits. */
const DIGITS = Uint8Array.from({ length: 16 }, (_, digit) => digit.toString(16).charCodeAt(0));
const HYPHEN = 0x2d;
const VERSION = 0x34;

/**
 * A random UUID (RFC 9562 version 4) from the exchange's own chance: joins a client's answer with the log. Made of character
 * codes at once: pieces that are joined cost ten times as much, most of it where the text is flattened to be sent.
 */
export function randomId(runtime: Runtime): string {
  const a = word(runtime);
  const b = word(runtime);
  const c = word(runtime);
  const d = word(runtime);
  // oxfmt-ignore
  return String.fromCharCode(
    hex(a, 28), hex(a, 24), hex(a, 20), hex(a, 16), hex(a, 12), hex(a, 8), hex(a, 4), hex(a, 0), HYPHEN,
    hex(b, 28), hex(b, 24), hex(b, 20), hex(b, 16), HYPHEN,
    VERSION, hex(b, 8), hex(b, 4), hex(b, 0), HYPHEN,
    // The variant is in the upper two bits of its digit.
    hex((c >>> 28) & 3 | 8, 0), hex(c, 24), hex(c, 20), hex(c, 16), HYPHEN,
    hex(c, 12), hex(c, 8), hex(c, 4), hex(c, 0),
    hex(d, 28), hex(d, 24), hex(d, 20), hex(d, 16), hex(d, 12), hex(d, 8), hex(d, 4), hex(d, 0),
  );
}

/** Thirty-two bits. */
function word(runtime: Runtime): number {
  return Math.floor(runtime.random() * 0x1_0000_0000) | 0;
}

/** Code of the hex digit that stands this many bits from the right. */
function hex(bits: number, at: number): number {
  return DIGITS[(bits >>> at) & 15] ?? 0;
}
