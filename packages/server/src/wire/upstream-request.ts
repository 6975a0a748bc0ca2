import { fieldLine } from './write-field-line.ts';
import { FIELD_VALUE, isFieldValue, isToken } from './field-lines.ts';
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

/** Lines that are the connection's own to write. What documents and clients say in them ends here. */
const OWN: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** Methods whose meaning asks for a body: without one they say so (RFC 9110 section 8.6). */
const WITH_BODY: ReadonlySet<string> = new Set(['PATCH', 'POST', 'PROPFIND', 'PROPPATCH', 'PUT', 'QUERY']);

/** The head as one text of latin1. Throws when a byte of it could be read as anything but what it is. */
export function requestHead({ method, path, host, pairs, body, onSwitch }: UpstreamRequest): string {
  if (!isToken(method)) throw unsendable('the method');
  if (!isTarget(path)) throw unsendable('the path');
  if (!isFieldValue(host)) throw unsendable('the value of host');
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n`;
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const name = pairs[at] ?? '';
    const value = pairs[at + 1] ?? '';
    if (OWN.has(name)) continue;
    const line = fieldLine(name, value);
    if (line === undefined) throw unsendable(isToken(name) ? `the value of ${name}` : 'the name of a header line');
    head += line;
  }
  if (onSwitch !== undefined) head += 'connection: Upgrade\r\nupgrade: websocket\r\n';
  if (body === undefined) return WITH_BODY.has(method) ? `${head}content-length: 0\r\n\r\n` : `${head}\r\n`;
  return body.length === undefined
    ? `${head}transfer-encoding: chunked\r\n\r\n`
    : `${head}content-length: ${body.length}\r\n\r\n`;
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
