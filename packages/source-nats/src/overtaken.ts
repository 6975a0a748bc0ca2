import type { Entry } from './bucket.ts';

/**
 * The way back to documents that newer ones overtook. A burst is coalesced: of a valid document and an invalid one right
 * after it a node may build the second only, and would serve another document than its neighbours for as long as nothing
 * comes. So when the newest was refused, those between it and what serves are tried, the newest first. Does no I/O.
 */
export class Overtaken {
  readonly #refused = new Set<number>();
  #newest: number | undefined;
  #walked: number | undefined;
  #waiting: readonly Entry[] = [];

  /** The newest refused revision, when nobody has gone back from it yet. */
  get from(): number | undefined {
    return this.#newest === this.#walked ? undefined : this.#newest;
  }

  /** A document was refused; `isNewest` when the key has none after it. */
  refuse(revision: number, isNewest: boolean): void {
    this.#refused.add(revision);
    if (isNewest) this.#newest = revision;
  }

  /** There is a newer document, or another history: the way back is another one, or none. */
  forget(): void {
    this.#newest = undefined;
    this.#walked = undefined;
    this.#waiting = [];
    this.#refused.clear();
  }

  /** A document on the way back serves: what is older stays behind. */
  arrive(): void {
    this.#waiting = [];
  }

  /** Takes what the bucket has of the key after the revision that serves. */
  fill(entries: readonly Entry[], after: number): void {
    const from = this.from ?? 0;
    this.#walked = this.#newest;
    this.#waiting = entries
      .filter(({ operation, revision }) => operation === 'put' && revision > after && revision < from)
      .filter(({ revision }) => !this.#refused.has(revision))
      .toReversed();
  }

  /** The next one to try. */
  next(): Entry | undefined {
    const [entry, ...rest] = this.#waiting;
    this.#waiting = rest;
    return entry;
  }
}
