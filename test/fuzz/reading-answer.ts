import { readChunks } from './reading-chunks.ts';

/** The answer that is in the bytes of an upstream, by a strict reading that shares no code with the gateway. */
export interface ReadAnswer {
  readonly status: number;
  /** Lower-case name and value of every field line, in order. */
  readonly lines: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** Nothing about it is odd, and nothing stands behind it: it has to come to the client. */
  readonly usual: boolean;
}

/** What the bytes are, of an upstream that closes behind them. */
export type AnswerReading =
  | {
      readonly kind: 'whole';
      readonly answer: ReadAnswer;
      readonly endsWithConnection: boolean;
      /** Where it ends: what stands behind it is surplus. */
      readonly end: number;
    }
  | { readonly kind: 'cut'; readonly status: number; readonly body: string }
  | { readonly kind: 'none' };

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5][0-9]{2}) [\t\x20-\x7e\x80-\xff]*$/;
const FIELD_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;
const NONE: AnswerReading = { kind: 'none' };
/** Below every limit that an upstream's answer has. */
const SURELY_FITS = 30_000;
const MOST_LINES = 200;
const MOST_DIGITS = 15;
const MOST_INFORMATIONAL = 5;

/** Reads the first answer that is not informational. */
export function readAnswer(text: string, toHead: boolean): AnswerReading {
  let at = 0;
  for (let informational = 0; ; informational += 1) {
    const end = text.indexOf('\r\n\r\n', at);
    if (end === -1) return NONE;
    const [statusLine = '', ...fields] = text.slice(at, end).split('\r\n');
    const [, minor, code] = STATUS_LINE.exec(statusLine) ?? [];
    if (minor === undefined || code === '101') return NONE;
    const lines: (readonly [string, string])[] = [];
    for (const field of fields) {
      const [, name, value = ''] = FIELD_LINE.exec(field) ?? [];
      if (name === undefined) return NONE;
      lines.push([name.toLowerCase(), value.replace(/[ \t]+$/, '')]);
    }
    const short = lines.every(([name, value]) => name !== 'content-length' || value.length <= MOST_DIGITS);
    const fits = short && informational <= MOST_INFORMATIONAL && end - at <= SURELY_FITS && lines.length <= MOST_LINES;
    const head = { status: Number(code), lines, minor, toHead, fits };
    if (head.status >= 200) return readBody(text, end + 4, head);
    if (framingOf(head) === undefined) return NONE;
    at = end + 4;
  }
}

interface Head {
  readonly status: number;
  readonly lines: ReadAnswer['lines'];
  readonly minor: string;
  readonly toHead: boolean;
  readonly fits: boolean;
}

function readBody(text: string, from: number, head: Head): AnswerReading {
  const { status, lines, fits } = head;
  const framing = framingOf(head);
  if (framing === undefined) return NONE;
  const whole = (body: string, next: number, usual: boolean): AnswerReading => ({
    kind: 'whole',
    answer: { status, lines, body, usual: fits && usual && next === text.length },
    endsWithConnection: framing === 'close',
    end: next,
  });
  if (framing === 'none') return whole('', from, true);
  if (framing === 'close') return whole(text.slice(from), text.length, true);
  if (framing === 'chunked') {
    const chunks = readChunks(text, from);
    return chunks.kind === 'whole'
      ? whole(chunks.data, chunks.next, chunks.usual)
      : { kind: 'cut', status, body: text.slice(from) };
  }
  const next = from + Number(framing);
  if (next > text.length) return { kind: 'cut', status, body: text.slice(from) };
  return whole(text.slice(from, next), next, true);
}

/** Digits of a length, or what tells the end. */
function framingOf({ status, lines, minor, toHead }: Head): string | undefined {
  const values = (name: string): readonly string[] =>
    lines.filter(([found]) => found === name).map(([, value]) => value);
  const [lengths, codings] = [values('content-length'), values('transfer-encoding')];
  if (lengths.length + codings.length > 1) return undefined;
  if (codings.length === 1 && (minor === '0' || codings[0]?.toLowerCase() !== 'chunked')) return undefined;
  if (lengths.length === 1 && !/^[0-9]{1,20}$/.test(lengths[0] ?? '')) return undefined;
  if (toHead || status < 200 || status === 204 || status === 304) return 'none';
  if (codings.length === 1) return 'chunked';
  return lengths[0] ?? 'close';
}
