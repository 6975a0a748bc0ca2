import { FIELD_VALUE } from './field-lines.ts';
import { readResponseHead } from './response-head.ts';
import type { HeadProblem, ResponseHead } from './response-head.ts';

const CR = 0x0d;
const LF = 0x0a;
const BEGINNING = Buffer.from('HTTP/1.', 'latin1');

/** Bytes of one head: four times what a client may send us, since cookies that are set are longer than those sent. */
const LARGEST = 64 * 1024;

/** A head is looked for in so many bytes first: almost all are smaller, and come whole. */
const GLANCE = 4 * 1024;

/** Answers of 1xx before the real one: an upstream that sends more of them is not going to come to the point. */
const MOST_INFORMATIONAL = 8;

/** Reads the heads of a connection's answers, one after the other; informational ones are read over (RFC 9110 section 15.2). */
export class HeadReader {
  #gatherer: HeadGatherer | undefined = undefined;
  #informational = 0;
  /** True once a byte of the answer has come. */
  begun = false;
  /** Why what came is no answer. */
  problem: HeadProblem | undefined = undefined;
  /** Whether the answer may be a 101. */
  maySwitch = false;
  /** The head, once it is whole. */
  head: ResponseHead | undefined = undefined;

  /** Reads from `from` on; returns where it stopped: behind the head, or at the end of the bytes. */
  read(bytes: Buffer, from: number, toHead: boolean): number {
    this.begun = true;
    let at = from;
    while (at < bytes.length && this.head === undefined && this.problem === undefined) {
      const text = this.#gatherer === undefined ? glance(bytes, at) : undefined;
      if (text === undefined) at = this.#gather(bytes, at, toHead);
      else {
        at += text.length + 2;
        this.#take(text, toHead);
      }
    }
    return at;
  }

  /** Before the next answer. */
  reset(): void {
    this.begun = false;
    this.head = undefined;
    this.#informational = 0;
  }

  #gather(bytes: Buffer, from: number, toHead: boolean): number {
    const gatherer = (this.#gatherer ??= new HeadGatherer());
    const next = gatherer.read(bytes, from);
    this.problem = gatherer.problem;
    if (gatherer.head !== undefined) {
      this.#gatherer = undefined;
      this.#take(gatherer.head, toHead);
    }
    return next;
  }

  #take(text: string, toHead: boolean): void {
    const head = readResponseHead(text, toHead, this.maySwitch);
    if (typeof head === 'string') this.problem = head;
    else if (head.status >= 200 || head.status === 101) this.head = head;
    else if ((this.#informational += 1) > MOST_INFORMATIONAL) this.problem = 'there are too many informational answers';
  }
}

/** The text of a head that is there whole, up to the CRLF of its last line. */
function glance(bytes: Buffer, from: number): string | undefined {
  const text = bytes.toString('latin1', from, Math.min(bytes.length, from + GLANCE));
  const end = text.indexOf('\r\n\r\n');
  return end === -1 ? undefined : text.slice(0, end + 2);
}

/**
 * Gathers a head that comes in pieces. What can be no head any more is told at once and not when time is up: another protocol,
 * a bare line end, a control byte, too many bytes. Every byte is looked at once, in whatever pieces they come.
 */
class HeadGatherer {
  #bytes = Buffer.allocUnsafe(1_024);
  #size = 0;
  #column = 0;
  #firstLine = true;
  #afterCr = false;
  problem: HeadProblem | undefined = undefined;
  /** The text as `glance` gives it, once the head is whole. */
  head: string | undefined = undefined;

  /** Takes bytes from `from` on; returns where it stopped: behind the head, or at the end of the bytes. */
  read(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length && this.head === undefined && this.problem === undefined) {
      this.#step(bytes[at] ?? 0);
      at += 1;
    }
    return at;
  }

  #step(byte: number): void {
    if (this.#size === LARGEST) {
      this.problem = 'the head is too large';
      return;
    }
    if (this.#size === this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], this.#size * 2);
    this.#bytes[this.#size] = byte;
    this.#size += 1;
    if (this.#afterCr) this.#endLine(byte);
    else if (this.#firstLine && this.#column < BEGINNING.length && byte !== BEGINNING[this.#column])
      this.problem = 'the status line is not one of HTTP/1';
    else if (byte === CR) this.#afterCr = true;
    else if (FIELD_VALUE[byte] !== 1) this.problem = 'the head holds a control byte or a bare line end';
    else this.#column += 1;
  }

  #endLine(byte: number): void {
    if (byte !== LF) this.problem = 'the head holds a control byte or a bare line end';
    else if (this.#column === 0) this.head = this.#bytes.toString('latin1', 0, this.#size - 2);
    this.#afterCr = false;
    this.#firstLine = false;
    this.#column = 0;
  }
}
