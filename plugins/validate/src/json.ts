/** A JSON text as a value, or why it is none that can be trusted. */
export type ReadJson =
  | { readonly kind: 'json'; readonly value: unknown; /** Scalars, lists and maps in it. */ readonly size: number }
  | { readonly kind: 'unreadable'; readonly words: string };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
/** Shortest number beyond a double: `1e309`. */
const SHORT = 4;

/**
 * Reads the bytes of a body as JSON (RFC 8259). What two readers could understand in two ways is refused: bytes that are no UTF-8, a
 * byte order mark, a name that stands twice in one object, numbers too large for a double. Depth is bounded before anything
 * recurses. Names such as `__proto__` become members like all others.
 */
export function readJson(bytes: Uint8Array, maxDepth: number): ReadJson {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return unreadable('is not UTF-8');
  }
  if (text.startsWith('\ufeff')) return unreadable('begins with a byte order mark');
  const scanned = scan(text, maxDepth);
  if (typeof scanned === 'string') return unreadable(scanned);
  try {
    const value: unknown = JSON.parse(text);
    return { kind: 'json', value, size: scanned };
  } catch {
    return unreadable('is not JSON');
  }
}

function unreadable(words: string): ReadJson {
  return { kind: 'unreadable', words };
}

/** One pass over the text, with a stack of its own: the number of values, or what is wrong. Whether it is JSON the parser says. */
function scan(text: string, maxDepth: number): number | string {
  /** Names of the object at each depth; undefined for a list. */
  const open: (Set<string> | undefined)[] = [];
  let size = 1;
  // True where a string would be a name.
  let wantsName = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    switch (code) {
      case QUOTE: {
        const end = endOfString(text, at);
        if (wantsName) {
          const names = open.at(-1);
          const name = nameOf(text.slice(at, end + 1));
          if (names?.has(name) === true) return 'has the same name twice in one object';
          names?.add(name);
          wantsName = false;
        }
        at = end;
        break;
      }
      case 0x7b: // {
      case 0x5b: // [
        if (open.length >= maxDepth) return `has more than ${maxDepth} lists and objects inside one another`;
        open.push(code === 0x7b ? new Set() : undefined);
        wantsName = code === 0x7b;
        size += 1;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        open.pop();
        wantsName = false;
        break;
      case COMMA:
        wantsName = open.at(-1) !== undefined;
        size += 1;
        break;
      default:
        if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
          const end = endOfNumber(text, at);
          if (end - at > SHORT && !Number.isFinite(Number(text.slice(at, end))))
            return 'has a number that is too large';
          at = end - 1;
        }
    }
  }
  return size;
}

/** Where the string that begins at a quote ends: at its closing quote, or at the end of the text. */
function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - backslashes - 1) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return at;
  }
  return text.length;
}

/** Two spellings of one name are one name. */
function nameOf(quoted: string): string {
  if (!quoted.includes('\\')) return quoted;
  try {
    return JSON.stringify(JSON.parse(quoted));
  } catch {
    return quoted;
  }
}

/** Digits, signs, a point and an exponent: where the parser finds more, it is no JSON. */
function endOfNumber(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const goes =
      (code >= 0x30 && code <= 0x39) || code === 0x2e || code === 0x2b || code === 0x2d || (code | 0x20) === 0x65;
    if (!goes) return at;
  }
  return text.length;
}
