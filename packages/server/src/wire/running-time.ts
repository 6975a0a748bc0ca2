/**
 * Milliseconds in which this process ran, by the looks of a timer: where a look comes late, because others had the processor or a
 * policy did not give it back, the time in between was nobody's to use, and no client is blamed for it. What has come in
 * meanwhile is read before the next look.
 */
export class RunningTime {
  /** At the last look, and one look ahead: what is dated by it ends late by a look or two, and never early. */
  now: number;
  readonly #every: number;
  #looked = performance.now();

  /** `every`: how often it is looked at. */
  constructor(every: number) {
    this.#every = every;
    this.now = every;
  }

  /** Takes a look; says what time it is. */
  look(): number {
    const looked = performance.now();
    const time = this.now - this.#every + Math.min(looked - this.#looked, 2 * this.#every);
    this.#looked = looked;
    this.now = time + this.#every;
    return time;
  }
}
