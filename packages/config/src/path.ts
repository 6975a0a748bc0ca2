/** A path in the canonical form of requests, or why the text has none. */
export type CanonicalPath =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'wrong'; readonly message: string; readonly fix: string };

const encoder = new TextEncoder();

// What RFC 3986 lets stand in a path unencoded, besides the unreserved characters: pchar and the slash.
const PLAIN = /[A-Za-z0-9\-._~!$&'()*+,;=:@/]/;

/**
 * Brings a path of a document into the one form in which requests are matched: unreserved characters decoded, all that
 * cannot stand in a path encoded, hex digits upper case. Refuses what a request could never have. Pure.
 */
export function canonicalPath(text: string): CanonicalPath {
  if (!text.startsWith('/')) return wrong('does not start with /', 'put a / in front of it');
  if (text.includes('?') || text.includes('#'))
    return wrong('holds a ? or #', 'write the path alone; queries are not matched');
  if (text.includes('\\')) return wrong('holds a backslash', 'write slashes');
  if (/\p{Cc}/u.test(text)) return wrong('holds a control character', 'take it out');
  let path = '';
  for (let at = 0; at < text.length;) {
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
    at += character.length;
    if (character === '%') {
      const hex = text.slice(at, at + 2);
      at += 2;
      const plain = decoded(hex);
      if (plain === undefined) return wrong('holds a % that encodes nothing allowed', 'write %25 for a percent sign');
      path += plain;
    } else path += PLAIN.test(character) ? character : encoded(character);
  }
  return checkSegments(path);
}

function decoded(hex: string): string | undefined {
  if (!/^[0-9A-Fa-f]{2}$/.test(hex)) return undefined;
  const byte = Number.parseInt(hex, 16);
  // The front door refuses requests that hold these, in whatever spelling.
  if (byte < 0x20 || byte === 0x7f || byte === 0x5c) return undefined;
  const character = String.fromCharCode(byte);
  return /[A-Za-z0-9\-._~]/.test(character) ? character : `%${hex.toUpperCase()}`;
}

function encoded(character: string): string {
  return [...encoder.encode(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

function checkSegments(path: string): CanonicalPath {
  const segments = path.slice(1).split('/');
  for (const [position, segment] of segments.entries()) {
    if (segment === '' && position < segments.length - 1)
      return wrong('holds an empty segment', 'write one slash, not two');
    const name = segment.split(';', 1)[0];
    if (name === '.' || name === '..') return wrong('holds a dot segment', 'write the path that is meant');
  }
  return { kind: 'path', path };
}

function wrong(message: string, fix: string): CanonicalPath {
  return { kind: 'wrong', message, fix };
}
