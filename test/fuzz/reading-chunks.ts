/** What a chunked body is, from an offset on. */
type Chunks =
  | { readonly kind: 'whole'; readonly data: string; readonly next: number; readonly usual: boolean }
  | { readonly kind: 'incomplete' | 'malformed' };

const SIZE_LINE = /^([0-9A-Fa-f]+)((?:;[\t\x20-\x7e\x80-\xff]*)?)$/;
/** Extensions that every recipient reads the same way (RFC 9112 section 7.1.1). */
const USUAL_EXTENSION = /^(?:;[a-z]+(?:=(?:[a-z0-9]+|"[a-z0-9 ]*"))?)*$/;
const TRAILER_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*$/;
/** Trailers that nobody has a reason to refuse. */
const USUAL_TRAILER = /^x-[a-z]+: [a-z0-9]*$/;
/** What no line of a chunked body holds, whether the rest of it has come or not. */
// oxlint-disable-next-line eslint/no-control-regex -- they are what is looked for
const NEVER = /[\0-\x08\x0a-\x1f\x7f]/;
const MOST_DIGITS = 12;

/** Reads a chunked body (RFC 9112 section 7.1): CRLF only, sizes of 1*HEXDIG, extensions and trailers in their grammar. */
export function readChunks(text: string, from: number): Chunks {
  let at = from;
  let data = '';
  let usual = true;
  for (;;) {
    const line = lineAt(text, at);
    if (typeof line !== 'string') return line;
    const [, digits, extension = ''] = SIZE_LINE.exec(line) ?? [];
    if (digits === undefined) return { kind: 'malformed' };
    usual &&= digits.length <= MOST_DIGITS && USUAL_EXTENSION.test(extension) && extension.length < 200;
    at += line.length + 2;
    const size = Number.parseInt(digits, 16);
    if (size === 0) return readTrailers(text, at, { data, usual });
    if (at + size > text.length) return { kind: 'incomplete' };
    data += text.slice(at, at + size);
    at += size;
    const end = text.slice(at, at + 2);
    if (!'\r\n'.startsWith(end)) return { kind: 'malformed' };
    if (end.length < 2) return { kind: 'incomplete' };
    at += 2;
  }
}

function readTrailers(text: string, from: number, body: { readonly data: string; readonly usual: boolean }): Chunks {
  let at = from;
  let { usual } = body;
  for (let count = 0; ; count += 1) {
    const line = lineAt(text, at);
    if (typeof line !== 'string') return line;
    at += line.length + 2;
    if (line === '') return { kind: 'whole', data: body.data, next: at, usual };
    if (!TRAILER_LINE.test(line)) return { kind: 'malformed' };
    usual &&= USUAL_TRAILER.test(line) && count < 10;
  }
}

function lineAt(text: string, at: number): string | { readonly kind: 'incomplete' | 'malformed' } {
  const end = text.indexOf('\r\n', at);
  const line = text.slice(at, end === -1 ? text.length : end);
  if (end !== -1) return line;
  return { kind: NEVER.test(line.replace(/\r$/, '')) ? 'malformed' : 'incomplete' };
}
