import { constants, fstatSync, openSync, write, writeSync } from 'node:fs';

const STANDARD_OUTPUT = 1;
/** Milliseconds that lines wait for more to be written with them. */
const PAUSE = 10;
/** Pauses while the reader takes nothing: short at first, for a busy reader empties a pipe within one. */
const [FIRST_RETRY, LAST_RETRY] = [1, 50];
/** Characters that may wait for a reader that has stopped reading; lines that come after them are dropped. */
const LONGEST_QUEUE = 8 * 1024 * 1024;
/** `PIPE_BUF` of Linux: what is written to a pipe in one piece up to this size stands there in one piece, whoever else writes. */
const ATOMIC = 4096;
/** To anything else large pieces are cheaper. */
const LARGE = 64 * 1024;
/** Pieces between two turns of the event loop: as much as a pipe of Linux holds. */
const MOST_PIECES = 16;
/** Milliseconds that the end of the process waits for a reader. */
const LAST_WAIT = 500;

/**
 * Writes whole lines to standard output, in batches and beside the requests, and never waits for its reader: what the reader
 * leaves is dropped and counted. Workers that share a pipe never tear each other's lines, up to 4096 bytes a line.
 */
export class LineWriter {
  readonly #out: Out;
  readonly #told: (dropped: number) => void;
  #lines: string[] = [];
  #characters = 0;
  /** Begun and not wholly written: only a piece beyond what a pipe takes at once, or one for a file. */
  #piece: Uint8Array | undefined;
  #busy = false;
  #retry = 0;
  #timer: NodeJS.Timeout | undefined;
  #dropped = 0;
  #untold = 0;

  /** `told`: lines can be written again, after so many were dropped. */
  constructor(told: (dropped: number) => void) {
    this.#out = openOut();
    this.#told = told;
    process.once('exit', () => this.flush());
  }

  /** Lines that nobody read, so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes one line, with its end. */
  write(line: string): void {
    if (this.#characters >= LONGEST_QUEUE) {
      this.#dropped += 1;
      this.#untold += 1;
      return;
    }
    this.#lines.push(line);
    this.#characters += line.length;
    this.#wake(PAUSE);
  }

  /** Writes out what waits, for the last moment before the process ends; a reader that takes nothing gets half a second. */
  flush(): void {
    const until = performance.now() + LAST_WAIT;
    for (let piece = this.#next(); piece !== undefined; piece = this.#next()) {
      const written = tryWrite(this.#out.descriptor, piece);
      if (written === undefined || performance.now() > until) return;
      if (written === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FIRST_RETRY);
      this.#keepRest(piece, written);
    }
  }

  #wake(milliseconds: number): void {
    if (this.#busy || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#out.waits) this.#writeBeside();
      else this.#writeNow();
    }, milliseconds);
    // What waits is written at the exit as well.
    this.#timer.unref();
  }

  /** To a pipe that does not wait: a write costs less than handing it to another thread. */
  #writeNow(): void {
    let pieces = 0;
    for (let piece = this.#next(); piece !== undefined; piece = this.#next()) {
      if (pieces >= MOST_PIECES) return this.#wake(0);
      pieces += 1;
      const written = tryWrite(this.#out.descriptor, piece);
      if (written === undefined) return this.#forget();
      this.#keepRest(piece, written);
      if (written > 0) continue;
      this.#retry = Math.min(Math.max(FIRST_RETRY, this.#retry * 2), LAST_RETRY);
      return this.#wake(this.#retry);
    }
    this.#emptied();
  }

  /** To files and whatever else may make a writer wait: from another thread, one piece at a time. */
  #writeBeside(): void {
    const piece = this.#next();
    if (piece === undefined) return this.#emptied();
    this.#busy = true;
    // Nobody else may write it again, at the end of the process either.
    this.#piece = undefined;
    write(this.#out.descriptor, piece, (error, written) => {
      this.#busy = false;
      if (error !== null && !isFull(error)) return this.#forget();
      this.#keepRest(piece, written ?? 0);
      if (error === null) this.#writeBeside();
      else this.#wake(LAST_RETRY);
    });
  }

  /** What is to be written next: what was begun, or whole lines as far as they go together. */
  #next(): Uint8Array | undefined {
    if (this.#piece !== undefined) return this.#piece;
    let bytes = 0;
    let count = 0;
    for (const line of this.#lines) {
      const length = Buffer.byteLength(line);
      if (count > 0 && bytes + length > this.#out.largest) break;
      bytes += length;
      count += 1;
    }
    if (count === 0) return undefined;
    const text = this.#lines.splice(0, count).join('');
    this.#characters -= text.length;
    this.#piece = Buffer.from(text);
    return this.#piece;
  }

  #keepRest(piece: Uint8Array, written: number): void {
    this.#piece = written === piece.length ? undefined : piece.subarray(written);
    if (written > 0) this.#retry = 0;
  }

  #emptied(): void {
    if (this.#untold === 0) return;
    const dropped = this.#untold;
    this.#untold = 0;
    this.#told(dropped);
  }

  /** The reader went away: that must not end the gateway, and nothing is kept for it. */
  #forget(): void {
    this.#dropped += this.#lines.length;
    this.#lines = [];
    this.#characters = 0;
    this.#piece = undefined;
  }
}

interface Out {
  readonly descriptor: number;
  /** Whether a write may have to wait. */
  readonly waits: boolean;
  readonly largest: number;
}

/**
 * A pipe is opened once more, so as not to wait for it: as a flag of the descriptor at hand that would hold for all programs
 * that share it. A socket, such as the journal's, cannot be opened: there Node sets the flag when its own stream is made.
 */
function openOut(): Out {
  const kind = fstatSync(STANDARD_OUTPUT);
  if (!kind.isFIFO() && !kind.isSocket()) return { descriptor: STANDARD_OUTPUT, waits: true, largest: LARGE };
  try {
    const again = openSync(`/proc/self/fd/${STANDARD_OUTPUT}`, constants.O_WRONLY | constants.O_NONBLOCK);
    return { descriptor: again, waits: false, largest: ATOMIC };
  } catch {
    return { descriptor: process.stdout.fd, waits: false, largest: ATOMIC };
  }
}

/** How much was written, at once; undefined: nobody will ever read it. */
function tryWrite(descriptor: number, piece: Uint8Array): number | undefined {
  try {
    return writeSync(descriptor, piece);
  } catch (error) {
    return isFull(error) ? 0 : undefined;
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EAGAIN' || error.code === 'EBUSY');
}
