/** An answer of HTTP/1 as it stood on the wire. */
export interface Answer {
  readonly status: number;
  /** Lower-case name and value of every line, in order; latin1. */
  readonly lines: readonly (readonly [name: string, value: string])[];
  /** latin1. */
  readonly body: string;
  /** Its own framing says that it is whole. */
  readonly complete: boolean;
}

/** All that came on a connection. */
export interface Answers {
  /** Without informational ones. */
  readonly final: readonly Answer[];
  readonly informational: readonly Answer[];
  /** Bytes that are no answer. */
  readonly malformed: string | undefined;
}

const STATUS_LINE = /^HTTP\/1\.[01] ([1-9][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const FIELD_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;

/** How to read them. */
interface Reading {
  /** The client has seen the end of the connection: it ends an answer without a length. */
  readonly ended: boolean;
  /** The requests were HEAD; where they differ, whether the one at that position was. */
  readonly head?: boolean | ((at: number) => boolean);
}

/** Takes apart what a client got, strictly. After a 101 the rest is a tunnel's, and left out. */
export function readAnswers(bytes: Buffer, { ended, head = false }: Reading): Answers {
  const final: Answer[] = [];
  const informational: Answer[] = [];
  let text = bytes.toString('latin1');
  while (text !== '') {
    const end = text.indexOf('\r\n\r\n');
    if (end === -1)
      return { final, informational, malformed: ended || !'HTTP/1.'.startsWith(text.slice(0, 7)) ? text : undefined };
    const [statusLine = '', ...fields] = text.slice(0, end).split('\r\n');
    const status = Number(STATUS_LINE.exec(statusLine)?.[1]);
    const read = fields.map((field) => FIELD_LINE.exec(field));
    if (Number.isNaN(status) || read.includes(null)) return { final, informational, malformed: text };
    const lines = read.map((match): readonly [string, string] => [
      (match?.[1] ?? '').toLowerCase(),
      (match?.[2] ?? '').trimEnd(),
    ]);
    const rest = text.slice(end + 4);
    if (status < 200) {
      informational.push({ status, lines, body: '', complete: true });
      if (status === 101) {
        final.push({ status, lines, body: rest, complete: true });
        break;
      }
      text = rest;
      continue;
    }
    const toHead = typeof head === 'boolean' ? head : head(final.length);
    const body = readBody(rest, { lines, ended, none: toHead || status === 204 || status === 304 });
    if (body === undefined) return { final, informational, malformed: text };
    final.push({ status, lines, body: body.text, complete: body.complete });
    if (!body.complete) break;
    text = rest.slice(body.length);
  }
  return { final, informational, malformed: undefined };
}

interface ReadBody {
  readonly text: string;
  /** Bytes that it took. */
  readonly length: number;
  readonly complete: boolean;
}

function readBody(
  rest: string,
  { lines, ended, none }: { readonly lines: Answer['lines']; readonly ended: boolean; readonly none: boolean },
): ReadBody | undefined {
  if (none) return { text: '', length: 0, complete: true };
  const values = (name: string): readonly string[] =>
    lines.filter(([found]) => found === name).map(([, value]) => value);
  const lengths = values('content-length');
  const codings = values('transfer-encoding');
  if (lengths.length + codings.length > 1) return undefined;
  if (codings.length === 1) return codings[0] === 'chunked' ? withoutChunks(rest) : undefined;
  if (lengths.length === 0) return { text: rest, length: rest.length, complete: ended };
  if (!/^[0-9]{1,15}$/.test(lengths[0] ?? '')) return undefined;
  const length = Number(lengths[0]);
  return { text: rest.slice(0, length), length, complete: rest.length >= length };
}

function withoutChunks(rest: string): ReadBody | undefined {
  let text = '';
  let at = 0;
  for (;;) {
    const line = rest.indexOf('\r\n', at);
    if (line === -1) return { text, length: rest.length, complete: false };
    const digits = rest.slice(at, line);
    if (!/^[0-9A-Fa-f]{1,15}$/.test(digits)) return undefined;
    const size = Number.parseInt(digits, 16);
    const data = line + 2;
    if (rest.length < data + size + 2)
      return { text: text + rest.slice(data, data + size), length: rest.length, complete: false };
    if (rest.slice(data + size, data + size + 2) !== '\r\n') return undefined;
    if (size === 0) return { text, length: data + 2, complete: true };
    text += rest.slice(data, data + size);
    at = data + size + 2;
  }
}
