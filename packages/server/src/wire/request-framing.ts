import { malformed } from './request-head.ts';
import type { Refused, RequestHead } from './request-head.ts';

/** What the head says of the message and the connection around it. */
export interface Framing {
  readonly kind: 'framing';
  /** Bytes of the body; `CHUNKED`; or `UNKNOWN`, where the gate refuses the coding and nothing behind the head can be read. */
  readonly length: number;
  /** Whether the client means to send another request after this one. */
  readonly persistent: boolean;
  readonly expect: 'nothing' | 'continue' | 'other';
}

/** Length of a body that ends with its last chunk. */
export const CHUNKED = -1;
/** Length of a body whose end nobody can tell. */
export const UNKNOWN = -2;

/** Digits of the largest length that a number holds exactly. */
const MOST_DIGITS = 15;

/** Reads the fields that frame a request (RFC 9112 sections 6.3 and 9.3). What has two readings somewhere is refused. Pure. */
export function readFraming({ minor, pairs }: RequestHead): Framing | Refused {
  let length: string | undefined;
  let coding: string | undefined;
  let connection: string | undefined;
  let expect: string | undefined;
  for (let at = 0; at < pairs.length; at += 2) {
    const value = pairs[at + 1] ?? '';
    switch (pairs[at]) {
      case 'content-length':
        if (length !== undefined) return malformed('The request has more than one Content-Length field.');
        length = value;
        break;
      case 'transfer-encoding':
        // A second line makes a list, which is not the one coding there is.
        coding = coding === undefined ? value : `${coding}, ${value}`;
        break;
      case 'connection':
        connection = connection === undefined ? value : `${connection}, ${value}`;
        break;
      case 'expect':
        expect = expect === undefined ? value : `${expect}, ${value}`;
        break;
      default:
    }
  }
  if (coding !== undefined && length !== undefined)
    return malformed('The request has both Content-Length and Transfer-Encoding.');
  if (length !== undefined && !isLength(length)) return malformed('The Content-Length is no number.');
  return {
    kind: 'framing',
    length: coding === undefined ? Number(length ?? '0') : lengthOf(coding, minor),
    persistent: isPersistent(connection, minor),
    expect: readExpect(expect, minor),
  };
}

/** HTTP/1.0 has none (RFC 9110 section 10.1.1). */
function readExpect(expect: string | undefined, minor: 0 | 1): Framing['expect'] {
  if (expect === undefined || minor === 0) return 'nothing';
  return expect.toLowerCase() === '100-continue' ? 'continue' : 'other';
}

function lengthOf(coding: string, minor: 0 | 1): number {
  return minor === 1 && coding.toLowerCase() === 'chunked' ? CHUNKED : UNKNOWN;
}

function isLength(value: string): boolean {
  if (value.length === 0 || value.length > MOST_DIGITS) return false;
  for (let at = 0; at < value.length; at += 1) {
    const code = value.charCodeAt(at);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

function isPersistent(connection: string | undefined, minor: 0 | 1): boolean {
  if (connection === undefined) return minor === 1;
  const options = connection.toLowerCase();
  if (options === 'keep-alive') return true;
  const names = options.split(',').map((option) => option.trim());
  return !names.includes('close') && (minor === 1 || names.includes('keep-alive'));
}
