import { readTarget, hostNameOf } from './canonical.ts';
import { readChunks } from './reading-chunks.ts';

/** A request that is in the bytes a client sent, by a strict reading of RFC 9112 that shares no code with the gateway. */
export interface ReadRequest {
  readonly method: string;
  /** As it stood on the request line. */
  readonly target: string;
  /** Path and query as the upstream has to get them; undefined: it may not get them. */
  readonly sent: string | undefined;
  readonly path: string;
  readonly hostname: string;
  readonly minor: number;
  /** Lower-case name and value of every field line, in order. */
  readonly lines: readonly (readonly [name: string, value: string])[];
  /** Undefined where the body is not whole. */
  readonly body: string | undefined;
  /** False where something about it is in the grammar and may be refused all the same: trailers, odd extensions, long numbers. */
  readonly usual: boolean;
  /** The client wants no answer behind this one. */
  readonly last: boolean;
  /** Bytes of the head, the empty line that ends it included. */
  readonly headBytes: number;
}

/** All that is in the bytes of one connection. */
export interface Reading {
  /** The last may lack its body. */
  readonly requests: readonly ReadRequest[];
  /**
   * `clean`: all bytes are requests. `over`: the client wanted no more, whatever follows. `incomplete`: what follows is not whole.
   * `malformed`: what follows is no request, and nothing behind it is one.
   */
  readonly end: 'clean' | 'over' | 'incomplete' | 'malformed';
}

const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e\x80-\xff]+) HTTP\/1\.([01])$/;
const FIELD_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;

/** Reads the bytes of a connection, latin1, to their end. */
export function readRequests(text: string): Reading {
  const requests: ReadRequest[] = [];
  let at = 0;
  for (;;) {
    // RFC 9112 section 2.2: an empty line in front of a request is read over.
    const start = text.startsWith('\r\n', at) ? at + 2 : at;
    if (start >= text.length) return { requests, end: 'clean' };
    const end = text.indexOf('\r\n\r\n', start);
    if (end === -1) return { requests, end: 'incomplete' };
    const head = readHead(text.slice(start, end));
    if (head === undefined) return { requests, end: 'malformed' };
    const body = readBody(text, end + 4, head);
    const { framing: _framing, ...read } = head;
    const whole = body.kind === 'whole';
    const usual = whole && body.usual && start === at;
    const request = { ...read, body: whole ? body.data : undefined, usual, headBytes: end + 4 - start };
    requests.push(request);
    if (!whole) return { requests, end: body.kind };
    if (request.last) return { requests, end: 'over' };
    at = body.next;
  }
}

type Head = Omit<ReadRequest, 'body' | 'usual' | 'headBytes'> & { readonly framing: string };
type Body =
  | { readonly kind: 'whole'; readonly data: string; readonly next: number; readonly usual: boolean }
  | { readonly kind: 'incomplete' | 'malformed' };

function readHead(text: string): Head | undefined {
  const [requestLine = '', ...fields] = text.split('\r\n');
  const [, method, target = '', minor = ''] = REQUEST_LINE.exec(requestLine) ?? [];
  if (method === undefined) return undefined;
  const lines: (readonly [string, string])[] = [];
  for (const field of fields) {
    const [, name, value = ''] = FIELD_LINE.exec(field) ?? [];
    if (name === undefined) return undefined;
    lines.push([name.toLowerCase(), value.replace(/[ \t]+$/, '')]);
  }
  const values = (name: string): readonly string[] =>
    lines.filter(([found]) => found === name).map(([, value]) => value);
  const hosts = values('host');
  const { sent, path, authority } = readTarget(target);
  const hostname = hostNameOf(authority ?? hosts[0] ?? '');
  if (hosts.length !== 1 || (hostname === undefined && target !== '*')) return undefined;
  const framing = framingOf(values('content-length'), values('transfer-encoding'), minor);
  if (framing === undefined) return undefined;
  const options = values('connection').flatMap((value) =>
    value.split(',').map((option) => option.trim().toLowerCase()),
  );
  const last = options.includes('close') || (minor === '0' && !options.includes('keep-alive'));
  return { method, target, sent, path, hostname: hostname ?? '', minor: Number(minor), lines, last, framing };
}

/** Digits of a length, or `chunked`. */
function framingOf(lengths: readonly string[], codings: readonly string[], minor: string): string | undefined {
  if (lengths.length + codings.length > 1) return undefined;
  const [length = '0'] = lengths;
  const [coding] = codings;
  if (coding !== undefined) return minor === '1' && coding.toLowerCase() === 'chunked' ? 'chunked' : undefined;
  return /^[0-9]+$/.test(length) ? length : undefined;
}

function readBody(text: string, from: number, { framing }: Head): Body {
  if (framing === 'chunked') return readChunks(text, from);
  const length = Number(framing);
  const next = from + length;
  if (next > text.length) return { kind: 'incomplete' };
  return { kind: 'whole', data: text.slice(from, next), next, usual: framing.length <= 15 };
}
