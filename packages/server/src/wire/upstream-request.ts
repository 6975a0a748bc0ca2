import { FIELD_VALUE, isFieldValue, isToken } from './field-lines.ts';
import { HeadMemory } from './head-memory.ts';
import { HeadText } from './head-text.ts';
import { UpstreamError } from './upstream-error.ts';
import type { BodySource } from './upstream-body.ts';
import type { OnSwitch } from './switched.ts';

/** What an upstream is asked. */
export interface UpstreamRequest {
  readonly method: string;
  /** Path and query as they stand on the request line. */
  readonly path: string;
  readonly host: string;
  /** Name in lower case, value, name, value; of those that frame the message or name the connection none is sent. */
  readonly pairs: readonly string[];
  readonly body: Uint8Array | BodySource | undefined;
  /** True asks for a new connection: one that waited has just failed. */
  readonly fresh: boolean;
  /** Who takes the connection over once the upstream speaks web sockets on it; absent: it is not asked to. */
  readonly onSwitch?: OnSwitch | undefined;
}

/** Methods whose meaning asks for a body: without one they say so (RFC 9110 section 8.6). */
const WITH_BODY: ReadonlySet<string> = new Set(['PATCH', 'POST', 'PROPFIND', 'PROPPATCH', 'PUT', 'QUERY']);

/** The head as one text of latin1. Throws when a byte of it could be read as anything but what it is. */
export function requestHead({ method, path, host, pairs, body, onSwitch }: UpstreamRequest): string {
  if (!isToken(method)) throw unsendable('the method');
  if (!isTarget(path)) throw unsendable('the path');
  if (!isFieldValue(host)) throw unsendable('the value of host');
  const head = new HeadText(memory, `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n`, memory.opening(0, noOpening));
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const name = pairs[at] ?? '';
    if (isOwn(name)) continue;
    if (!head.add(name, pairs[at + 1] ?? ''))
      throw unsendable(isToken(name) ? `the value of ${name}` : 'the name of a header line');
  }
  if (onSwitch !== undefined) {
    head.add('connection', 'Upgrade');
    head.add('upgrade', 'websocket');
  }
  if (body === undefined) {
    if (WITH_BODY.has(method)) head.add('content-length', '0');
  } else if (body.length === undefined) head.add('transfer-encoding', 'chunked');
  else head.add('content-length', String(body.length));
  return `${head.end()}\r\n`;
}

const memory = new HeadMemory();

function noOpening(): string {
  return '';
}

/**
 * Lines that are the connection's own to write: what documents and clients say in them ends here. `name` in lower case. By its length
 * first: a set would hash every name.
 */
function isOwn(name: string): boolean {
  switch (name.length) {
    case 4:
      return name === 'host';
    case 6:
      return name === 'expect';
    case 7:
      return name === 'upgrade';
    case 10:
      return name === 'connection' || name === 'keep-alive';
    case 14:
      return name === 'content-length';
    case 16:
      return name === 'proxy-connection';
    case 17:
      return name === 'transfer-encoding';
    default:
      return false;
  }
}

/** Visible characters and bytes above ASCII: nothing that ends the target or the line. */
function isTarget(path: string): boolean {
  if (path === '') return false;
  for (let at = 0; at < path.length; at += 1) {
    const code = path.charCodeAt(at);
    if (code <= 0x20 || FIELD_VALUE[code] !== 1) return false;
  }
  return true;
}

function unsendable(what: string): UpstreamError {
  return new UpstreamError('POSTERN_UNSENDABLE', `${what} holds what cannot be sent`);
}
