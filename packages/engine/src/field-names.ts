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

/** Fields about the way here: believed from trusted proxies only, rebuilt by us, never passed on as they came. */
const FORWARDED: ReadonlySet<string> = new Set([
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-real-ip',
]);

/** Fields by which some upstreams take another path or method than the one that policies judged. */
const OVERRIDES: ReadonlySet<string> = new Set([
  'x-original-url',
  'x-rewrite-url',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
]);

/** Fields that frame a message or say who asks, beside those that end here anyhow. */
const WEIGHTY: ReadonlySet<string> = new Set(['authorization', 'content-length', 'cookie', 'host', 'remote-user']);

/** Fields that name what the gateway found out; a client that sends them is lying. */
const RESERVED_PREFIXES = ['x-consumer-', 'x-postern-'];

/**
 * True for fields that end at this hop (RFC 9110 section 7.6.1), and for those that reply-from let through by mistake: they
 * never cross the gateway, in either direction. `name` in lower case. By its length first: a set would hash every name.
 */
export function isHopByHop(name: string): boolean {
  switch (name.length) {
    case 2:
      return name === 'te';
    case 7:
      return name === 'trailer' || name === 'upgrade';
    case 10:
      return name === 'connection' || name === 'keep-alive';
    case 14:
      return name === 'http2-settings';
    case 16:
      return name === 'proxy-connection';
    case 17:
      return name === 'transfer-encoding';
    case 18:
      return name === 'proxy-authenticate';
    case 19:
      return name === 'proxy-authorization';
    default:
      return false;
  }
}

/** Reads a name as it came, in any case. */
export function fieldNameOf(written: string): FieldName {
  const known = TABLE[placeOf(written)];
  if (known !== undefined && known.spelling === written) return known.field;
  return KNOWN.get(written) ?? toFieldName(written.toLowerCase());
}

function toFieldName(name: string): FieldName {
  if (name === 'host' || name.startsWith(':')) return { name, goes: 'apart' };
  return { name, goes: endsHere(name) || isAlias(name) ? 'ends' : 'on' };
}

function endsHere(name: string): boolean {
  return (
    isHopByHop(name) ||
    FORWARDED.has(name) ||
    OVERRIDES.has(name) ||
    name === 'expect' ||
    (name.startsWith('x-') && RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix)))
  );
}

/** Upstreams in the manner of CGI (RFC 3875 section 4.1.18) read `content_length` as `content-length`. */
function isAlias(name: string): boolean {
  if (!name.includes('_')) return false;
  const meant = name.replaceAll('_', '-');
  return WEIGHTY.has(meant) || endsHere(meant);
}

/** By the spellings in use: `user-agent`, `User-Agent`, and what browsers make of abbreviations (`DNT`, `TE`). */
const KNOWN: ReadonlyMap<string, FieldName> = new Map(
  USUAL.flatMap((name) => {
    const field = Object.freeze(toFieldName(name));
    const capital = name.replaceAll(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase());
    return [name, capital, name.toUpperCase()].map((spelling): [string, FieldName] => [spelling, field]);
  }),
);

/**
 * The same by four properties that tell nearly all of them apart, so that one comparison finds a name: a map would hash it,
 * and a parser's texts are all new. Of two names with one place the first is here, and the other in the map only.
 */
const TABLE = toTable();

function placeOf(spelling: string): number {
  const { length } = spelling;
  const first = spelling.charCodeAt(0);
  const middle = spelling.charCodeAt(length >> 1);
  const last = spelling.charCodeAt(length - 1);
  return ((length * 37) ^ (first * 5) ^ (middle * 11) ^ (last * 113)) & 4095;
}

function toTable(): readonly ({ readonly spelling: string; readonly field: FieldName } | undefined)[] {
  const table = Array.from({ length: 4096 }, (): { spelling: string; field: FieldName } | undefined => undefined);
  for (const [spelling, field] of KNOWN) table[placeOf(spelling)] ??= { spelling, field };
  return table;
}
