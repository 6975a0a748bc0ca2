/** A request field by its name: one object for all requests where the name is a usual one. */
export interface FieldName {
  /** In lower case. Of usual names always the same text, so that comparing two of them compares pointers. */
  readonly name: string;
  /** `on`: to the upstream; `ends`: at this gateway, though policies see it; `apart`: among the header lines it is none. */
  readonly goes: 'on' | 'ends' | 'apart';
}

/** Names that clients send day by day. One that is missing here costs a little more and is treated the same. */
const USUAL = (
  'accept accept-charset accept-encoding accept-language access-control-request-headers access-control-request-method ' +
  'access-control-request-private-network authorization cache-control connection content-encoding content-language ' +
  'content-length content-type cookie date dnt expect forwarded from host http2-settings if-match if-modified-since ' +
  'if-none-match if-range if-unmodified-since keep-alive origin pragma prefer priority proxy-authorization ' +
  'proxy-connection range referer sec-ch-ua sec-ch-ua-mobile sec-ch-ua-platform sec-fetch-dest sec-fetch-mode ' +
  'sec-fetch-site sec-fetch-user sec-gpc sec-websocket-extensions sec-websocket-key sec-websocket-protocol ' +
  'sec-websocket-version te traceparent tracestate trailer transfer-encoding upgrade upgrade-insecure-requests ' +
  'user-agent via x-api-key x-correlation-id x-csrf-token x-forwarded-for x-forwarded-host x-forwarded-port ' +
  'x-forwarded-proto x-real-ip x-request-id x-requested-with :authority :method :path :scheme :protocol'
).split(' ');

/** Fields that end at this hop (RFC 9110 section 7.6.1), and those that reply-from let through by mistake. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/** Fields about the way here: believed from trusted proxies only, rebuilt by us, never passed on as they came. */
const FORWARDED: ReadonlySet<string> = new Set([
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-real-ip',
]);

/** Fields that name what the gateway found out; a client that sends them is lying. */
const RESERVED_PREFIXES = ['x-consumer-', 'x-postern-'];

/** True for a field that never crosses the gateway, in either direction. `name` in lower case. */
export function isHopByHop(name: string): boolean {
  return HOP_BY_HOP.has(name);
}

/** Reads a name as it came, in any case. */
export function fieldNameOf(written: string): FieldName {
  return KNOWN.get(written) ?? toFieldName(written.toLowerCase());
}

function toFieldName(name: string): FieldName {
  if (name === 'host' || name.startsWith(':')) return { name, goes: 'apart' };
  const ends =
    HOP_BY_HOP.has(name) ||
    FORWARDED.has(name) ||
    name === 'expect' ||
    (name.startsWith('x-') && RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix)));
  return { name, goes: ends ? 'ends' : 'on' };
}

/** By the three spellings in use: `user-agent`, `User-Agent`, and what browsers make of abbreviations (`DNT`, `TE`). */
const KNOWN: ReadonlyMap<string, FieldName> = new Map(
  USUAL.flatMap((name) => {
    const field = Object.freeze(toFieldName(name));
    const capital = name.replaceAll(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase());
    return [name, capital, name.toUpperCase()].map((spelling): [string, FieldName] => [spelling, field]);
  }),
);
