import { STATUS_CODES } from '../node-http.ts';
import { isFieldValue } from './field-lines.ts';
import { HeadMemory } from './head-memory.ts';
import { HeadText } from './head-text.ts';
import { httpDate } from './http-date.ts';

/** Where the bytes of an answer go. */
export interface Outlet {
  /** Writes all three in one go; false when the client is slower than we are. */
  put(head: string, body: Uint8Array | undefined, tail: string): boolean;
  /** True when the system has all that was put. False where that cannot be known. */
  readonly isFlushed: boolean;
  /** Whether the client has sent more than the request: for a tunnel, or further requests. */
  readonly ahead: boolean;
  /** Writes the head; what the client sends is the tunnel's from now on, and what it has sent ahead comes first. */
  openTunnel(head: string, tunnel: TunnelEnd): void;
  destroy(): void;
}

/** Who speaks with the client once the protocol was switched. */
export interface TunnelEnd {
  /** Takes what the client sent. */
  take(chunk: Buffer): void;
  /** Ends what is over its time at `now`, by `performance.now()`. */
  sweep(now: number): void;
}

/** What of a request decides how its answer is framed. */
interface Asked {
  readonly method: string;
  readonly httpVersionMinor: 0 | 1;
}

/**
 * The answer on a connection of HTTP/1. It takes lines and bytes and frames them, and tells of `drain` and `close` whoever
 * asked. No emitter of Node's: most answers have nobody to tell.
 */
export class WireResponse {
  headersSent = false;
  writableEnded = false;
  /** True when the connection ends with this answer. */
  last: boolean;
  /** True when it leaves in one piece that nothing came before, and nothing streams. */
  isWhole = false;
  /** Told once, after the last byte or when the client is gone. */
  watcher: { close(): void } | undefined = undefined;
  readonly #outlet: Outlet;
  readonly #asked: Asked;
  /** The head, until it leaves with the first bytes of the body. */
  #head = '';
  #framing: 'length' | 'chunked' | 'close' | 'none' = 'none';
  /** Bytes that the declared length still lacks. */
  #left = 0;
  #closed = false;
  #toldOfDrain: (() => void)[] | undefined = undefined;
  #toldOfClose: (() => void)[] | undefined = undefined;

  constructor(outlet: Outlet, asked: Asked, last: boolean) {
    this.#outlet = outlet;
    this.#asked = asked;
    this.last = last;
  }

  /** True when nobody holds what was written any more. False where that cannot be known. */
  get isFlushed(): boolean {
    return this.#outlet.isFlushed;
  }

  /** Takes status and lines, names in lower case; they leave with the first write. Throws where a line cannot be sent. */
  writeHead(status: number, pairs: readonly string[]): void {
    if (this.headersSent) throw new Error('the head was sent already');
    if (!Number.isInteger(status) || status < 200 || status > 999) throw new Error(`${status} is no status`);
    const head = new HeadText(memory, '', memory.opening(status, statusLine));
    let length: string | undefined;
    let dated = false;
    for (let at = 0; at + 1 < pairs.length; at += 2) {
      const name = pairs[at] ?? '';
      const value = pairs[at + 1] ?? '';
      if (isOwn(name, status)) {
        if (!isFieldValue(value)) throw unsendable(name);
        // Any other option would be about a hop that ended here.
        if (name === 'connection' && value.toLowerCase() === 'close') this.last = true;
        continue;
      }
      if (name === 'content-length') {
        if (length !== undefined && length !== value) throw new Error('the answer has two lengths');
        if (length !== undefined) continue;
        length = value;
      } else if (name === 'date') dated = true;
      if (!head.add(name, value)) throw unsendable(name);
    }
    if (this.#frame(status, length)) head.add('transfer-encoding', 'chunked');
    // RFC 9110 section 6.6.1: who passes an answer on without a date appends one.
    if (!dated) head.add('date', httpDate());
    // HTTP/1.1 goes on unless it says otherwise, HTTP/1.0 ends (RFC 9112 section 9.3).
    if (this.last) head.add('connection', 'close');
    else if (this.#asked.httpVersionMinor === 0) head.add('connection', 'keep-alive');
    this.headersSent = true;
    this.#head = `${head.end()}\r\n`;
  }

  /** Whether the client has sent more than the request. */
  get ahead(): boolean {
    return this.#outlet.ahead;
  }

  /** Answers with the head of a 101; the connection is the tunnel's from now on, and ends with it. */
  openTunnel(head: string, tunnel: TunnelEnd): void {
    this.headersSent = true;
    this.last = true;
    this.#outlet.openTunnel(head, tunnel);
  }

  /** Tells a client that waits for it to send its body. */
  writeContinue(): void {
    if (!this.headersSent) this.#outlet.put('HTTP/1.1 100 Continue\r\n\r\n', undefined, '');
  }

  /** Sends the head before there is any body. */
  flushHeaders(): void {
    if (this.#head !== '') this.#put(undefined);
  }

  /** Takes a part of the body; false asks to wait for `drain`. */
  write(chunk: Uint8Array | string): boolean {
    if (this.writableEnded || this.#closed) return false;
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (this.#framing === 'none' || bytes.length === 0) return true;
    if (!this.#fits(bytes.length)) return false;
    // The last byte of a declared length is the end: `end` would ask the system to write nothing.
    if (this.#framing === 'length' && this.#left === 0) this.writableEnded = true;
    return this.#put(bytes);
  }

  /** Takes the rest of the body. An answer that lacks bytes of its declared length ends the connection: it must not look whole. */
  end(chunk?: Uint8Array | string): void {
    if (this.writableEnded || this.#closed) return;
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    const body = this.#framing === 'none' || bytes?.length === 0 ? undefined : bytes;
    if (!this.headersSent) return this.destroy();
    if (body !== undefined && !this.#fits(body.length)) return;
    if (this.#framing === 'length' && this.#left > 0) return this.destroy();
    this.writableEnded = true;
    this.isWhole = this.#head !== '';
    this.#put(body);
  }

  /** Ends the connection; the client sees that the answer is not whole. */
  destroy(_error?: Error): void {
    this.#outlet.destroy();
  }

  /** The connection says that the answer is out, or can never be. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.watcher?.close();
    const told = this.#toldOfClose;
    this.#toldOfClose = undefined;
    if (told !== undefined) for (const listener of told) listener();
  }

  /** The connection says that the client takes more. */
  drained(): void {
    const told = this.#toldOfDrain;
    this.#toldOfDrain = undefined;
    if (told !== undefined) for (const listener of told) listener();
  }

  /** Calls `listener` once: when the client takes more, or when the answer is out or can never be. */
  once(event: 'drain' | 'close', listener: () => void): void {
    if (event === 'drain') (this.#toldOfDrain ??= []).push(listener);
    else if (this.#closed) process.nextTick(listener);
    else (this.#toldOfClose ??= []).push(listener);
  }

  /** Settles how the end of the body is told; true where that is in chunks. */
  #frame(status: number, length: string | undefined): boolean {
    if (this.#asked.method === 'HEAD' || status === 204 || status === 304) return false;
    if (length !== undefined) {
      this.#framing = 'length';
      this.#left = Number(length);
      if (!Number.isSafeInteger(this.#left) || this.#left < 0) throw new Error('the length of the answer is no number');
      return false;
    }
    if (this.#asked.httpVersionMinor === 1) {
      this.#framing = 'chunked';
      return true;
    }
    this.#framing = 'close';
    this.last = true;
    return false;
  }

  /** More than was declared would be read as the next answer. */
  #fits(length: number): boolean {
    if (this.#framing !== 'length') return true;
    this.#left -= length;
    if (this.#left >= 0) return true;
    this.destroy();
    return false;
  }

  /** Once `writableEnded` is set, what is put is the last. */
  #put(body: Uint8Array | undefined): boolean {
    const head = this.#head;
    this.#head = '';
    if (this.#framing !== 'chunked') return this.#outlet.put(head, body, '');
    const end = this.writableEnded ? LAST_CHUNK : '';
    if (body === undefined) return this.#outlet.put(head, undefined, end);
    return this.#outlet.put(`${head}${body.length.toString(16)}\r\n`, body, `\r\n${end}`);
  }
}

const memory = new HeadMemory();

/** Lines that are the connection's own to write. RFC 9110 section 8.6: a 204 has no length. */
function isOwn(name: string, status: number): boolean {
  return (
    name === 'connection' ||
    name === 'transfer-encoding' ||
    name === 'keep-alive' ||
    (name === 'content-length' && status === 204)
  );
}

function unsendable(name: string): Error {
  return new Error(`the field ${JSON.stringify(name)} cannot be sent`);
}

function statusLine(status: number): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
}

const LAST_CHUNK = '0\r\n\r\n';
