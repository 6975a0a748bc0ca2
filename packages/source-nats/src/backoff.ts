/** Milliseconds between tries: the first, the longest of the first minute, the longest ever. */
const FIRST = 100;
const SOON = 1000;
const LATER = 5000;
const MINUTE = 60_000;

/** Delays of one series of tries. */
export interface Backoff {
  /** Milliseconds to wait before the next try. */
  next(): number;
  /** A try went well: the next series begins at the start. */
  reset(): void;
}

/**
 * Delays that double from 100 ms on, each off by up to half either way so that a fleet does not come back in step. In the
 * first minute none is above a second: a broker that restarts should find its nodes at once; one that stays away
 * should not be hammered.
 */
export function backoff(): Backoff {
  let base = FIRST;
  let waited = 0;
  return {
    next() {
      const delay = base * (0.5 + Math.random());
      waited += delay;
      base = Math.min(base * 2, waited < MINUTE ? SOON : LATER);
      return delay;
    },
    reset() {
      base = FIRST;
      waited = 0;
    },
  };
}
