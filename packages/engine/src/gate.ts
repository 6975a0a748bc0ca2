import { HeaderList } from '@postern/model';
import type { HttpProtocol, Limits } from '@postern/model';
import { fieldNameOf } from './field-names.ts';
import { readHandshake } from './handshake.ts';
import type { Handshake } from './handshake.ts';
import { normalHost } from './host-name.ts';
import { cutTo, roomFor } from './room.ts';
import { canonicalTarget } from './target.ts';
import type { CanonicalTarget } from './target.ts';
import { titleOf } from './titles.ts';

/** The head of a request as a parser leaves it: nothing judged yet. */
export interface RawHead {
  readonly protocol: HttpProtocol;
  readonly method: string | undefined;
  /** The target as it stood on the request line. */
  readonly url: string;
  /** Name, value, name, value, as they came; HTTP/2 pseudo fields among them. */
  readonly rawHeaders: readonly string[];
}

/** What passed the gate: the one reading of the request that every later stage uses. */
export interface Passed {
  readonly kind: 'passed';
  readonly protocol: HttpProtocol;
  readonly method: string;
  readonly target: CanonicalTarget;
  /** Lower-case `host` or `host:port`, one trailing dot removed. */
  readonly host: string;
  readonly hostname: string;
  readonly headers: HeaderList;
  /** Where in the pairs of `headers` the lines begin that end at this gateway; those that `Connection` nominates aside. */
  readonly ending: readonly number[];
  /** What it asks where it asks for a web socket. */
  readonly handshake: Handshake | undefined;
}

/** What did not: no policy runs on it; the connection is not used again. */
export interface Turned {
  readonly kind: 'turned';
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

/** `OPTIONS *` asks about the server itself (RFC 9110 section 9.3.7): answered here. */
export interface AboutServer {
  readonly kind: 'about-server';
  /** What the server as a whole can do. */
  readonly allow: string;
}

const ABOUT_SERVER: AboutServer = { kind: 'about-server', allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' };

/** What Node's parser knows (a test holds them equal), without CONNECT and TRACE: no tunnels, and no echo of credentials. */
const KNOWN_METHODS: ReadonlySet<string> = new Set(
  (
    'ACL BIND CHECKOUT COPY DELETE GET HEAD LINK LOCK M-SEARCH MERGE MKACTIVITY MKCALENDAR MKCOL MOVE NOTIFY OPTIONS ' +
    'PATCH POST PROPFIND PROPPATCH PURGE PUT QUERY REBIND REPORT SEARCH SOURCE SUBSCRIBE UNBIND UNLINK UNLOCK UNSUBSCRIBE'
  ).split(' '),
);

/** The strict front check: one reading of the head, or a refusal. Pure. */
export function gate(request: RawHead, limits: Limits): Passed | Turned | AboutServer {
  const { method, url } = request;
  if (method === undefined || !KNOWN_METHODS.has(method)) {
    return turned(501, 'gate/method', 'The method is not supported.');
  }
  if (url.length > limits.urlBytes) return turned(414, 'gate/target-too-long', 'The request target is too long.');
  const { rawHeaders } = request;
  if (rawHeaders.length > limits.headerCount * 2)
    return turned(431, 'gate/too-many-headers', 'The request has too many header fields.');
  // The wire of HTTP/1 has counted its bytes. Of HTTP/2 nobody has: Node holds a client to the limit once it has said that it knows.
  if (request.protocol === 'HTTP/2' && bytesOf(rawHeaders) > limits.headerBytes)
    return turned(431, 'gate/head-too-large', 'The request head is too large.');
  const read = readHeaders(request);
  const coding = read.ending.length === 0 ? undefined : codingRefused(request, read.headers);
  if (coding !== undefined) return coding;
  if (read.hostProblem !== undefined) return turned(400, 'gate/host', read.hostProblem);
  if (url === '*' && method === 'OPTIONS') return ABOUT_SERVER;
  const origin = url.charCodeAt(0) === SLASH ? undefined : absoluteForm(url);
  const host = normalHost(origin?.authority ?? read.host);
  if (host === undefined) return turned(400, 'gate/host', 'The request has no valid host.');
  const target = canonicalTarget(origin?.target ?? url);
  if (target.kind === 'ambiguous') return turned(400, 'gate/target', `Bad request target: ${target.detail}.`);
  return {
    kind: 'passed',
    protocol: request.protocol,
    method,
    target,
    host: host.host,
    hostname: host.hostname,
    headers: read.headers,
    ending: read.ending,
    handshake: read.upgrade ? readHandshake({ protocol: request.protocol, method, headers: read.headers }) : undefined,
  };
}

/** As the lines of HTTP/1 would have it, with a colon, a space and a line end for each. */
function bytesOf(rawHeaders: readonly string[]): number {
  let bytes = 0;
  for (const text of rawHeaders) bytes += text.length + 2;
  return bytes;
}

const SLASH = 0x2f;

/** Any transfer coding but one plain `chunked` has two readings somewhere (RFC 9112 section 6.1). */
function codingRefused(request: RawHead, headers: HeaderList): Turned | undefined {
  const coding = headers.get('transfer-encoding');
  if (coding === undefined) return undefined;
  if (request.protocol === 'HTTP/1.0') {
    return turned(400, 'gate/framing', 'HTTP/1.0 has no transfer codings.');
  }
  if (coding.toLowerCase() === 'chunked') return undefined;
  return turned(501, 'gate/framing', 'The transfer coding is not supported.');
}

/** What one pass over the raw lines gives. */
interface Head {
  readonly headers: HeaderList;
  /** As in what passed. */
  readonly ending: readonly number[];
  /** Whether it has an `Upgrade` field. */
  readonly upgrade: boolean;
  readonly host: string;
  /** Why the request names no host, or more than one. */
  readonly hostProblem: string | undefined;
}

/** Reads the raw lines once: lower-case names, pseudo headers and `host` taken out. Node's own record is never built. */
function readHeaders({ rawHeaders }: RawHead): Head {
  const pairs = roomFor(rawHeaders.length);
  let to = 0;
  let ending: number[] | undefined;
  let cookie = -1;
  let upgrade = false;
  let host: string | undefined;
  let authority: string | undefined;
  let hostProblem: string | undefined;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const { name, goes } = fieldNameOf(rawHeaders[at] ?? '');
    const value = rawHeaders[at + 1] ?? '';
    if (goes === 'apart') {
      if (name === ':authority') authority = value;
      else if (name === 'host') {
        if (host !== undefined) hostProblem = 'The request has more than one Host field.';
        host = value;
      }
      continue;
    }
    if (goes === 'ends') {
      if (name === 'upgrade') upgrade = true;
      if (ending === undefined) ending = [to];
      else ending.push(to);
    }
    if (name === 'cookie') {
      // Clients of HTTP/2 send each on a line of its own: one field to everybody behind (RFC 9113 section 8.2.3).
      if (cookie !== -1) {
        pairs[cookie] += `; ${value}`;
        continue;
      }
      cookie = to + 1;
    }
    pairs[to++] = name;
    pairs[to++] = value;
  }
  if (host !== undefined && authority !== undefined && host.toLowerCase() !== authority.toLowerCase()) {
    hostProblem ??= 'The Host field and :authority differ.';
  }
  const named = authority ?? host;
  if (named === undefined) hostProblem = 'The request has no Host field.';
  const headers = new HeaderList(cutTo(pairs, to));
  return { headers, ending: ending ?? NO_PLACES, upgrade, host: named ?? '', hostProblem };
}

// Not frozen, though nothing writes to it: compiled code reads a frozen list by a call.
const NO_PLACES: readonly number[] = [];

/** Absolute-form (RFC 9112 section 3.2.2): its authority counts, not the Host field. Never read by a URL parser. */
function absoluteForm(url: string): { readonly target: string; readonly authority: string } | undefined {
  const scheme = /^https?:\/\//i.exec(url);
  if (scheme === null) return undefined;
  const start = scheme[0].length;
  const end = url.slice(start).search(/[/?#]/);
  if (end === -1) return { target: '/', authority: url.slice(start) };
  const target = url.slice(start + end);
  return { target: target.startsWith('/') ? target : `/${target}`, authority: url.slice(start, start + end) };
}

function turned(status: number, code: string, detail: string): Turned {
  return { kind: 'turned', status, code, detail };
}

/** The body of a refusal that no exchange stands behind. */
export function problem({ status, detail, code }: Omit<Turned, 'kind'>): string {
  return JSON.stringify({ type: 'about:blank', title: titleOf(status), status, detail, code });
}
