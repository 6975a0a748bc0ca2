/** Milliseconds: a server that dropped a request, as one does whose leader changes, is asked again after the shortest. */
const SHORTEST = 5000;
/** A line of 1 KiB/s with seconds of delay carries a small document in half of this. */
const LONGEST = 20_000;
/** Times that an answer may take longer than the one before it. */
const MARGIN = 3;

/** How long answers are waited for. */
export interface Patience {
  /** Milliseconds for the next request. */
  readonly now: () => number;
  /** An answer came after so many milliseconds. */
  answered(took: number): void;
  /** None came in time. */
  late(): void;
}

/**
 * Patience by what the answers took: a fixed one is either too long where a request was dropped or too short for a slow line,
 * over which nothing would ever arrive in time, however often it is asked for. Pure but for what it was told.
 */
export function patience(): Patience {
  let now = SHORTEST;
  const set = (wanted: number): void => void (now = Math.min(LONGEST, Math.max(SHORTEST, wanted)));
  return { now: () => now, answered: (took) => set(MARGIN * took), late: () => set(2 * now) };
}
