import { readFieldLines, TOKEN } from './field-lines.ts';

/** The head of a request that can be read in one way only; names in lower case. */
export interface RequestHead {
  readonly kind: 'head';
  readonly method: string;
  /** As it stands on the request line. */
  readonly target: string;
  /** HTTP/1.0 or HTTP/1.1. */
  readonly minor: 0 | 1;
  readonly pairs: string[];
}

/** What is no request: one answer, then the connection ends. */
export interface Refused {
  readonly kind: 'refused';
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

/** What did not come in time (RFC 9110 section 15.5.9). */
export const TIMED_OUT: Refused = {
  kind: 'refused',
  status: 408,
  code: 'gate/request-timeout',
  detail: 'The request did not arrive in time.',
};

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const DELETE = 0x7f;
const VERSION = 'HTTP/1.';

/**
 * Reads the head of a request (RFC 9112 sections 3 and 5): latin1 text up to and without the empty line that ends it, every
 * line with its CRLF. Strict: one space, a token, visible bytes, one of two versions. Pure.
 */
export function readRequestHead(text: string): RequestHead | Refused {
  let at = 0;
  while (TOKEN[text.charCodeAt(at)] === 1) at += 1;
  if (at === 0 || text.charCodeAt(at) !== SPACE) return malformed('The method is no token.');
  const method = text.slice(0, at);
  const start = at + 1;
  at = start;
  let code = text.charCodeAt(at);
  // What stands in the target beyond that is the gate's to judge: bytes outside ASCII, fragments, the path.
  while (code > SPACE && code !== DELETE) code = text.charCodeAt((at += 1));
  if (at === start || code !== SPACE) return malformed('The request line is malformed.');
  const version = at + 1;
  const digit = text.charCodeAt(version + VERSION.length) - 0x30;
  const lineEnd = version + VERSION.length + 1;
  const ends = text.charCodeAt(lineEnd) === CR && text.charCodeAt(lineEnd + 1) === LF;
  if (!text.startsWith(VERSION, version) || !ends || (digit !== 0 && digit !== 1))
    return malformed('The version of HTTP is not supported.');
  const pairs: string[] = [];
  const problem = readFieldLines(text, lineEnd + 2, pairs);
  if (problem !== undefined) return malformed(`The request is malformed: ${problem}.`);
  return { kind: 'head', method, target: text.slice(start, at), minor: digit === 0 ? 0 : 1, pairs };
}

/** A refusal of what cannot be read in one way only. */
export function malformed(detail: string): Refused {
  return { kind: 'refused', status: 400, code: 'gate/malformed', detail };
}
