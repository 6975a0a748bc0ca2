import { FIELD_VALUE, TOKEN } from './field-lines.ts';

const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const BACKSLASH = 0x5c;

/** Bytes of chunk extensions and trailers that one body may have: they are dropped, and must not be a way to send for ever. */
const LARGEST_OVERHEAD = 16 * 1024;
/** What frames or routes a message may not come behind it (RFC 9110 section 6.5.1). */
const NEVER_LATE: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'host',
  'trailer',
  'transfer-encoding',
]);
const LONGEST_NAME = 20;

/** Hex digits of a chunk size: leading zeros are in the grammar, numbers that no body can have are not. */
const MOST_DIGITS = 16;

type State =
  | 'size'
  | 'extension'
  | 'quoted'
  | 'escaped'
  | 'size-end'
  | 'data'
  | 'data-cr'
  | 'data-lf'
  | 'trailer-start'
  | 'trailer-name'
  | 'trailer'
  | 'trailer-lf'
  | 'last-lf'
  | 'done'
  | 'broken';

/**
 * Takes a chunked body (RFC 9112 section 7.1) apart, strictly: HEXDIG sizes, CRLF only; extensions and trailers are checked,
 * counted and dropped. One reader reads one body.
 */
export class ChunkedReader {
  #state: State = 'size';
  #size = 0;
  #digits = 0;
  #overhead = 0;
  /** Of the trailer that is being read, in lower case, as much of it as matters. */
  #name = '';

  /** True once the last chunk and its trailer section were read. */
  get done(): boolean {
    return this.#state === 'done';
  }

  /** True once a byte came that the grammar does not have: nothing after it means anything. */
  get broken(): boolean {
    return this.#state === 'broken';
  }

  /**
   * Reads `bytes` from `from` up to the end of the body or of the bytes. `part` is the data found, in one piece (many small
   * chunks are joined), `next` where reading stopped.
   */
  read(bytes: Buffer, from: number): { readonly part: Buffer | undefined; readonly next: number } {
    let part: Buffer | undefined;
    let joined: Buffer | undefined;
    let length = 0;
    let at = from;
    while (at < bytes.length && this.#state !== 'done' && this.#state !== 'broken') {
      if (this.#state !== 'data') {
        this.#step(bytes[at] ?? 0);
        at += 1;
        continue;
      }
      const end = Math.min(bytes.length, at + this.#size);
      const data = bytes.subarray(at, end);
      this.#size -= data.length;
      if (this.#size === 0) this.#state = 'data-cr';
      if (part === undefined) part = data;
      else {
        if (joined === undefined) {
          joined = Buffer.allocUnsafe(part.length + bytes.length - at);
          length = part.copy(joined);
        }
        length += data.copy(joined, length);
      }
      at = end;
    }
    return { part: joined === undefined ? part : joined.subarray(0, length), next: at };
  }

  #step(byte: number): void {
    switch (this.#state) {
      case 'size':
        return this.#readSize(byte);
      case 'extension':
      case 'quoted':
      case 'escaped':
        return this.#readExtension(byte);
      case 'size-end':
        if (byte !== LF) this.#state = 'broken';
        else this.#state = this.#size === 0 ? 'trailer-start' : 'data';
        return;
      case 'data-cr':
        return this.#expect(byte, CR, 'data-lf');
      case 'data-lf':
        this.#digits = 0;
        return this.#expect(byte, LF, 'size');
      case 'trailer-start':
      case 'trailer-name':
      case 'trailer':
        return this.#readTrailer(byte);
      case 'trailer-lf':
        return this.#expect(byte, LF, 'trailer-start');
      case 'last-lf':
        return this.#expect(byte, LF, 'done');
      case 'data':
      case 'done':
      case 'broken':
        return;
      default:
        return this.#state satisfies never;
    }
  }

  #expect(byte: number, wanted: number, next: State): void {
    this.#state = byte === wanted ? next : 'broken';
  }

  #readSize(byte: number): void {
    const digit = hexDigit(byte);
    if (digit !== -1) {
      this.#digits += 1;
      this.#size = this.#digits === 1 ? digit : this.#size * 16 + digit;
      if (this.#digits > MOST_DIGITS || this.#size > Number.MAX_SAFE_INTEGER) this.#state = 'broken';
    } else if (this.#digits === 0) this.#state = 'broken';
    else if (byte === CR) this.#state = 'size-end';
    else this.#expect(byte, SEMICOLON, 'extension');
  }

  /** Only what decides where the extension ends: its quoted strings (RFC 9110 section 5.6.4) may hold no CR. */
  #readExtension(byte: number): void {
    this.#count();
    if (byte === CR && this.#state === 'extension') this.#state = 'size-end';
    else if (FIELD_VALUE[byte] !== 1) this.#state = 'broken';
    else if (this.#state === 'escaped') this.#state = 'quoted';
    else if (this.#state === 'quoted') {
      if (byte === BACKSLASH) this.#state = 'escaped';
      else if (byte === QUOTE) this.#state = 'extension';
    } else if (byte === QUOTE && this.#state === 'extension') this.#state = 'quoted';
  }

  #readTrailer(byte: number): void {
    this.#count();
    if (this.#state === 'broken') return;
    if (this.#state === 'trailer') {
      if (byte === CR) this.#state = 'trailer-lf';
      else if (FIELD_VALUE[byte] !== 1) this.#state = 'broken';
    } else if (byte === CR && this.#state === 'trailer-start') this.#state = 'last-lf';
    else if (TOKEN[byte] === 1) {
      if (this.#state === 'trailer-start') this.#name = '';
      if (this.#name.length < LONGEST_NAME) this.#name += String.fromCharCode(byte);
      this.#state = 'trailer-name';
    } else {
      const named = byte === COLON && this.#state === 'trailer-name' && !NEVER_LATE.has(this.#name.toLowerCase());
      this.#state = named ? 'trailer' : 'broken';
    }
  }

  /** One byte more that carries no data. */
  #count(): void {
    this.#overhead += 1;
    if (this.#overhead > LARGEST_OVERHEAD) this.#state = 'broken';
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
