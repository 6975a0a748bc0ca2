/** Deaths of workers in the first seconds of a document after which it is given up: one or two may be chance. */
export const MOST_DEATHS = 3;

/** Milliseconds without a dead worker after which a document is no longer on trial. */
const GOOD_AFTER = 10_000;

/** Milliseconds until the next look, where the workers were not well at the end of that. */
const AGAIN = 1000;

/** Documents to remember: who publishes more deadly ones than this has another problem. */
const MOST_DOCUMENTS = 64;

/**
 * The memory of documents that workers died of. A document is on trial from its first prepare until it has served for some
 * seconds without a death; each death meanwhile counts against its digest. What this forgets at the end of the process a
 * source may remember: it is told.
 */
export class Trial {
  readonly #passed: () => void;
  readonly #isWell: () => boolean;
  readonly #deaths = new Map<string, number>();
  #serving: { readonly digest: string; timer: NodeJS.Timeout } | undefined;

  /**
   * `passed`: what serves has served long enough. `isWell`: whether all workers serve now and say so: a document that eats a
   * worker slowly has not passed while it chokes.
   */
  constructor({ passed, isWell }: { readonly passed: () => void; readonly isWell: () => boolean }) {
    this.#passed = passed;
    this.#isWell = isWell;
  }

  isDeadly(digest: string): boolean {
    return this.deathsOf(digest) >= MOST_DEATHS;
  }

  deathsOf(digest: string): number {
    return this.#deaths.get(digest) ?? 0;
  }

  /** Digest of what serves, as long as that is new. */
  get onTrial(): string | undefined {
    return this.#serving?.digest;
  }

  /** A document serves: from now on its time counts, and no other's. */
  serves(digest: string): void {
    this.end();
    this.#serving = { digest, timer: this.#start(digest, GOOD_AFTER) };
  }

  /** Counts a death against a digest; if that serves its time begins again. */
  died(digest: string): void {
    const deaths = this.deathsOf(digest) + 1;
    this.#deaths.delete(digest);
    this.#deaths.set(digest, deaths);
    const [oldest] = this.#deaths.keys();
    if (oldest !== undefined && this.#deaths.size > MOST_DOCUMENTS) this.#deaths.delete(oldest);
    if (this.#serving?.digest !== digest) return;
    clearTimeout(this.#serving.timer);
    this.#serving.timer = this.#start(digest, GOOD_AFTER);
  }

  /** Nothing is on trial any more. */
  end(): void {
    clearTimeout(this.#serving?.timer);
    this.#serving = undefined;
  }

  #start(digest: string, after: number): NodeJS.Timeout {
    const pass = (): void => {
      if (this.#serving !== undefined && !this.#isWell()) {
        this.#serving.timer = this.#start(digest, AGAIN);
        return;
      }
      this.#serving = undefined;
      this.#deaths.delete(digest);
      this.#passed();
    };
    return setTimeout(pass, after).unref();
  }
}
