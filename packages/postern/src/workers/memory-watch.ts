import type { Beat } from './calls.ts';

/**
 * Share of the heap that V8 gives a process at most, above which another has to take its place: what is left must last until
 * that one serves, and V8 gives up a while before it is all gone.
 */
const NEARLY_FULL = 0.75;

/** Beats in a row that have to be over: garbage that waits for its collection is none of the process's memory. */
const BEATS = 2;

const MEBIBYTE = 1024 * 1024;

/**
 * Judges whether a worker has taken more memory than it may. `limit` in bytes of resident memory; undefined: the heap alone
 * counts, against what V8 gives it. One for each process.
 */
export class MemoryWatch {
  readonly #limit: number | undefined;
  #over = 0;

  constructor(limit: number | undefined) {
    this.#limit = limit;
  }

  /** Why another has to take its place; undefined: it may stay. To be told every beat, once. */
  look({ rss, heapUsed, heapLimit }: Beat['memory']): string | undefined {
    const isHeapFull = heapUsed > NEARLY_FULL * heapLimit;
    const isOver = isHeapFull || (this.#limit !== undefined && rss > this.#limit);
    this.#over = isOver ? this.#over + 1 : 0;
    if (this.#over < BEATS) return undefined;
    return isHeapFull
      ? `its heap holds ${inMebibytes(heapUsed)} of at most ${inMebibytes(heapLimit)}`
      : `it has ${inMebibytes(rss)} of memory, over server.workerMemory`;
  }
}

function inMebibytes(bytes: number): string {
  return `${Math.round(bytes / MEBIBYTE)} MiB`;
}
