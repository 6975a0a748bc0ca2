const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Where white space of a JSON text ends. */
export function skipSpace(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
    at += 1;
  }
}

/** Behind the closing quote of the string that begins at `from`; behind the text where it has none. */
export function skipString(text: string, from: number): number {
  let at = text.indexOf('"', from + 1);
  while (at !== -1 && isEscaped(text, at)) at = text.indexOf('"', at + 1);
  return at === -1 ? text.length : at + 1;
}

function isEscaped(text: string, quote: number): boolean {
  let at = quote - 1;
  while (text.charCodeAt(at) === BACKSLASH) at -= 1;
  return (quote - at) % 2 === 0;
}

/** Behind the value that begins at `from`, in a text that is JSON. No recursion: depth costs nothing. */
export function skipValue(text: string, from: number): number {
  const first = text.charCodeAt(from);
  if (first === QUOTE) return skipString(text, from);
  if (!opens(first)) return skipWord(text, from);
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = skipString(text, at);
      continue;
    }
    at += 1;
    if (opens(code)) depth += 1;
    else if (closes(code) && --depth === 0) return at;
  }
  return at;
}

/** A number, `true`, `false`, `null`. */
function skipWord(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 0x2c || closes(code) || code <= 0x20) return at;
    at += 1;
  }
  return at;
}

/** Whether lists and maps stand more than `most` deep inside one another; of any text, JSON or not. */
export function isDeeper(text: string, most: number): boolean {
  let depth = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = skipString(text, at);
      continue;
    }
    at += 1;
    if (opens(code)) depth += 1;
    else if (closes(code)) depth -= 1;
    if (depth > most) return true;
  }
  return false;
}

/** `{` and `[`. */
function opens(code: number): boolean {
  return code === 0x7b || code === 0x5b;
}

/** `}` and `]`. */
function closes(code: number): boolean {
  return code === 0x7d || code === 0x5d;
}
