import { FIELD_VALUE, readFieldLines } from './field-lines.ts';
import type { FieldProblem } from './field-lines.ts';

/** Field lines of one answer: Node's and nginx' upstreams send a dozen; more than this is a mistake or an attack. */
const MOST_LINES = 256;

/** Milliseconds that a connection waits for its next request: below the 5 s after which Node's and Apache's servers close. */
const IDLE = 4_000;
/** At most, whatever the upstream offers. */
const LONGEST_IDLE = 60_000;
/** How long before the end that the upstream announced a connection is no longer used: a request is on its way for a while. */
const MARGIN = 1_000;

/** Why the head of an answer is none, or has two readings. */
export type HeadProblem =
  | FieldProblem
  | 'the status line is not one of HTTP/1'
  | 'the head is too large'
  | 'the head has too many lines'
  | 'the head holds a control byte or a bare line end'
  | 'the length of the body is told in two ways'
  | 'the length of the body is no number'
  | 'the coding of the transfer is not chunked'
  | 'the protocol is switched without being asked'
  | 'there are too many informational answers';

/** The head of an answer (RFC 9112 section 4). */
export interface ResponseHead {
  readonly status: number;
  /** Name in lower case, value, name, value. */
  readonly pairs: string[];
  /** Bytes of the body, or what tells its end; `none` where the rules allow none. */
  readonly body: number | 'none' | 'chunked' | 'until-close';
  /** Milliseconds that the connection may wait for its next request; 0: it has none. */
  readonly idleFor: number;
}

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const ZERO = 0x30;
const ONE = 0x31;
const NINE = 0x39;

/**
 * Reads the head of an answer: latin1 text from the status line to the CRLF of the last field line. `toHead`: the answer
 * is to a HEAD request and has no body whatever it says. `maySwitch`: the request asked for another protocol. Pure, and
 * strict: where two parsers could differ about where the answer ends, it is a problem.
 */
export function readResponseHead(head: string, toHead: boolean, maySwitch = false): ResponseHead | HeadProblem {
  const status = readStatus(head);
  if (status === -1) return 'the status line is not one of HTTP/1';
  let at = 13;
  while (FIELD_VALUE[head.charCodeAt(at)] === 1) at += 1;
  if (head.charCodeAt(at) !== CR || head.charCodeAt(at + 1) !== LF) return 'the status line is not one of HTTP/1';
  if (status === 101 && (!maySwitch || head.charCodeAt(7) !== ONE))
    return 'the protocol is switched without being asked';
  const pairs: string[] = [];
  const problem = readFieldLines(head, at + 2, pairs);
  if (problem !== undefined) return problem;
  if (pairs.length > MOST_LINES * 2) return 'the head has too many lines';
  return frame({ status, pairs, minor: head.charCodeAt(7) - ZERO, toHead });
}

/** `HTTP/1.0 ` or `HTTP/1.1 `, three digits, a space (which stands there also where no reason follows); -1 otherwise. */
function readStatus(head: string): number {
  const minor = head.charCodeAt(7);
  if (!head.startsWith('HTTP/1.') || (minor !== ZERO && minor !== ONE)) return -1;
  if (head.charCodeAt(8) !== SPACE || head.charCodeAt(12) !== SPACE) return -1;
  let status = 0;
  for (let at = 9; at < 12; at += 1) {
    const code = head.charCodeAt(at);
    if (code < ZERO || code > NINE) return -1;
    status = status * 10 + code - ZERO;
  }
  return status >= 100 && status <= 599 ? status : -1;
}

interface Unframed {
  readonly status: number;
  readonly pairs: string[];
  readonly minor: number;
  readonly toHead: boolean;
}

/** Where the body ends (RFC 9112 section 6.3), and whether the connection may be used again (section 9.3). */
function frame({ status, pairs, minor, toHead }: Unframed): ResponseHead | HeadProblem {
  let length = -1;
  let chunked = false;
  let close = false;
  let keepAlive = minor === 1;
  let idleFor = IDLE;
  for (let at = 0; at < pairs.length; at += 2) {
    const value = pairs[at + 1] ?? '';
    switch (pairs[at]) {
      case 'content-length':
        // Twice the same is refused too: who sends it did not know what it sent.
        if (length !== -1) return 'the length of the body is told in two ways';
        length = readLength(value);
        if (length === -1) return 'the length of the body is no number';
        break;
      case 'transfer-encoding':
        // HTTP/1.0 does not have it: what then comes may be meant for either reading.
        if (chunked || minor === 0 || value.toLowerCase() !== 'chunked')
          return 'the coding of the transfer is not chunked';
        chunked = true;
        break;
      case 'connection':
        close ||= hasOption(value, 'close');
        keepAlive ||= hasOption(value, 'keep-alive');
        break;
      case 'keep-alive':
        idleFor = idleTime(value);
        break;
      default:
    }
  }
  if (chunked && length !== -1) return 'the length of the body is told in two ways';
  const bodiless = toHead || status < 200 || status === 204 || status === 304;
  const body = bodiless ? 'none' : chunked ? 'chunked' : length === -1 ? 'until-close' : length;
  const mayWait = keepAlive && !close && body !== 'until-close';
  return { status, pairs, body, idleFor: mayWait ? idleFor : 0 };
}

/** `1*DIGIT` of a size that numbers can hold; -1 otherwise. */
function readLength(value: string): number {
  if (value === '' || value.length > 15) return -1;
  let length = 0;
  for (let at = 0; at < value.length; at += 1) {
    const code = value.charCodeAt(at);
    if (code < ZERO || code > NINE) return -1;
    length = length * 10 + code - ZERO;
  }
  return length;
}

/** Whether a `Connection` line has an option (RFC 9110 section 7.6.1). */
function hasOption(line: string, option: string): boolean {
  if (line === option) return true;
  return line
    .toLowerCase()
    .split(',')
    .some((one) => one.trim() === option);
}

function idleTime(value: string): number {
  const seconds = /(?:^|[\s,])timeout=(\d{1,9})(?:$|[\s,])/i.exec(value)?.[1];
  if (seconds === undefined) return IDLE;
  return Math.max(0, Math.min(LONGEST_IDLE, Number(seconds) * 1_000 - MARGIN));
}
