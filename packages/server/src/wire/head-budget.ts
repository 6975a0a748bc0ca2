import type { Limits } from '@postern/model';
import { malformed } from './request-head.ts';
import { FIELD_VALUE, TOKEN } from './field-lines.ts';
import type { Refused } from './request-head.ts';

const CR = 0x0d;
const LF = 0x0a;
/** Method, spaces and version of a request line: the longest method has 11 letters. */
const AROUND_TARGET = 32;

const TOO_LARGE: Refused = {
  kind: 'refused',
  status: 431,
  code: 'gate/head-too-large',
  detail: 'The request head is too large.',
};
const TOO_LONG: Refused = {
  kind: 'refused',
  status: 414,
  code: 'gate/target-too-long',
  detail: 'The request target is too long.',
};

/** Where the first head begins: an empty line before it is ignored (RFC 9112 section 2.2). */
export function startOfHead(bytes: Buffer): number {
  return bytes[0] === CR && bytes[1] === LF ? 2 : 0;
}

/** Whether these bytes, which may be no whole head, begin a request by HEAD. */
export function asksForHead(bytes: Buffer): boolean {
  const start = startOfHead(bytes);
  return bytes.toString('latin1', start, start + 5) === 'HEAD ';
}

/** Where a head stands in the bytes that came; `end` is -1 as long as its empty line has not come. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly limits: Pick<Limits, 'headerBytes' | 'urlBytes'>;
}

/**
 * Whether a head, whole or still on its way, is within its limits and can still become one. Said before the rest is waited
 * for: bare line ends, control bytes and TLS on a plain port would otherwise wait for the time limit. Pure.
 */
export function headStillFits(bytes: Buffer, { start, end, limits }: Span): Refused | undefined {
  const length = (end === -1 ? bytes.length : end) - start;
  // The common head is far below either limit.
  if (end !== -1 && length <= limits.headerBytes && length <= limits.urlBytes) return undefined;
  const line = bytes.indexOf('\r\n', start);
  const lineEnd = line === -1 ? bytes.length : line;
  if (lineEnd - start > limits.urlBytes + AROUND_TARGET) return TOO_LONG;
  if (start + length - lineEnd > limits.headerBytes) return TOO_LARGE;
  return end === -1 ? neverRequest(bytes, start) : undefined;
}

/** Bytes that no head can have, found while it is still incomplete. */
function neverRequest(bytes: Buffer, start: number): Refused | undefined {
  const first = bytes[start];
  if (first !== undefined && TOKEN[first] !== 1 && first !== CR) return malformed('The method is no token.');
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (FIELD_VALUE[byte] === 1) continue;
    const ends = byte === CR ? at + 1 === bytes.length || bytes[at + 1] === LF : byte === LF && bytes[at - 1] === CR;
    if (!ends) return malformed('The request holds a control byte or a bare line end.');
  }
  return undefined;
}
