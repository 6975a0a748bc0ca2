/** Milliseconds between two looks at a worker. */
export const LOOK = 500;
/** Milliseconds without a word after which a worker that used its core meanwhile is taken for blocked. */
const BLOCKED = 3000;
/** The same for one that did not: it may be stopped, starved of CPU, or wait for a disk. */
const SILENT = 5000;
/** Share of a core that tells a loop from a process which gets none: other work leaves a loop at least so much. */
const BUSY = 0.5;

/** What a look needs to know of a worker. */
export interface Watched {
  /** Messages that came from it so far. */
  readonly heard: number;
  /** Milliseconds of CPU that it has had; undefined: nobody knows. */
  cpu(): number | undefined;
}

/**
 * Judges whether a worker's event loop stands still. Time counts by looks, each at most once and no more than `LOOK` however
 * late it comes: where the whole machine stands still or is starved, the primary looks less often, and nobody is blamed.
 */
export class Watch {
  #heard = -1;
  #silence = 0;
  #cpu: number | undefined;

  /** Why the worker has to go; undefined: it may stay. */
  look(worker: Watched): string | undefined {
    if (worker.heard !== this.#heard) {
      this.#heard = worker.heard;
      this.#silence = 0;
      this.#cpu = worker.cpu();
      return undefined;
    }
    this.#silence += LOOK;
    if (this.#silence < BLOCKED) return undefined;
    const now = worker.cpu();
    const used = now === undefined || this.#cpu === undefined ? 0 : now - this.#cpu;
    if (used >= BUSY * this.#silence) return `its event loop was blocked for ${this.#silence / 1000} s`;
    return this.#silence < SILENT ? undefined : `it said nothing for ${this.#silence / 1000} s`;
  }
}
