/** The one reading of a request target: matched, judged, logged and sent as it stands here. */
export interface CanonicalTarget {
  readonly kind: 'target';
  /** Starts with `/`; percent-encoded unreserved characters decoded, hex digits upper case. */
  readonly path: string;
  /** What stands behind the first `?`, unchanged; empty when there is none. */
  readonly query: string;
  /** True when the target had a `?`, even with nothing behind it. */
  readonly hasQuery: boolean;
  /** True when the path holds `%2F`: only groups with `encodedSlash: true` take it. */
  readonly encodedSlash: boolean;
}

/** A target that could be read in two ways, and is therefore refused with 400. */
export interface AmbiguousTarget {
  readonly kind: 'ambiguous';
  readonly detail: string;
}

const SLASH = 0x2f;
const PERCENT = 0x25;
const DOT = 0x2e;

/**
 * Reads an origin-form request target (RFC 9112 section 3.2.1) into its one canonical form. Pure. What two parsers could
 * take apart differently is refused: empty inner segments, dot segments (encoded or not), a bad percent, a backslash,
 * control bytes, fragments and bytes outside ASCII; the last two in the query too, which is no query with them (RFC 3986
 * section 3.4).
 */
export function canonicalTarget(target: string): CanonicalTarget | AmbiguousTarget {
  const mark = target.indexOf('?');
  const end = mark === -1 ? target.length : mark;
  if (end === 0 || target.charCodeAt(0) !== SLASH) return ambiguous('the request target does not start with "/"');
  let plain = true;
  // Whether a segment may be empty or one of dots: only then are the segments looked at.
  let odd = false;
  let before = 0;
  for (let at = 0; at < end; at += 1) {
    const code = target.charCodeAt(at);
    if (code === PERCENT) plain = false;
    else if (code <= 0x20 || code >= 0x7f) return ambiguous('the path holds a control byte or a byte outside ASCII');
    else if (code === 0x5c) return ambiguous('the path holds a backslash');
    else if (code === 0x23) return ambiguous('the request target holds a fragment');
    if (before === SLASH && (code === SLASH || code === DOT)) odd = true;
    before = code;
  }
  for (let at = end + 1; at < target.length; at += 1) {
    const code = target.charCodeAt(at);
    if (code <= 0x20 || code >= 0x7f) return ambiguous('the query holds a control byte or a byte outside ASCII');
    if (code === 0x23) return ambiguous('the request target holds a fragment');
  }
  const raw = mark === -1 ? target : target.slice(0, mark);
  const path = plain ? raw : decodeUnreserved(raw);
  if (path === undefined) return ambiguous('the path holds a percent sign that does not encode an allowed byte');
  const segments = plain && !odd ? undefined : ambiguousSegment(path);
  if (segments !== undefined) return ambiguous(segments);
  return {
    kind: 'target',
    path,
    query: mark === -1 ? '' : target.slice(mark + 1),
    hasQuery: mark !== -1,
    encodedSlash: !plain && path.includes('%2F'),
  };
}

function ambiguous(detail: string): AmbiguousTarget {
  return { kind: 'ambiguous', detail };
}

/** Only unreserved characters (RFC 3986 section 2.3) mean the same encoded and plain; all else keeps its encoding. */
function decodeUnreserved(raw: string): string | undefined {
  let path = '';
  let from = 0;
  for (let at = raw.indexOf('%'); at !== -1; at = raw.indexOf('%', from)) {
    const high = hexDigit(raw.charCodeAt(at + 1));
    const low = hexDigit(raw.charCodeAt(at + 2));
    if (high === -1 || low === -1) return undefined;
    const byte = high * 16 + low;
    // Encoded control bytes and backslashes are what smuggling through a lenient upstream is made of.
    if (byte < 0x20 || byte === 0x7f || byte === 0x5c) return undefined;
    path += raw.slice(from, at);
    path += isUnreserved(byte) ? String.fromCharCode(byte) : raw.slice(at, at + 3).toUpperCase();
    from = at + 3;
  }
  return path + raw.slice(from);
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function isUnreserved(byte: number): boolean {
  const letter = byte | 0x20;
  return (
    (letter >= 0x61 && letter <= 0x7a) ||
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2d ||
    byte === DOT ||
    byte === 0x5f ||
    byte === 0x7e
  );
}

/** Encoded dots are decoded by now, so plain comparison sees them all. `;` starts parameters that some servers cut off. */
function ambiguousSegment(path: string): string | undefined {
  let start = 1;
  while (start <= path.length) {
    let end = path.indexOf('/', start);
    if (end === -1) end = path.length;
    if (end === start && end < path.length) return 'the path holds an empty segment';
    if (path.charCodeAt(start) === DOT && isDotSegment(path.slice(start, end))) return 'the path holds a dot segment';
    start = end + 1;
  }
  return undefined;
}

function isDotSegment(segment: string): boolean {
  const parameters = segment.indexOf(';');
  const name = parameters === -1 ? segment : segment.slice(0, parameters);
  return name === '.' || name === '..';
}
