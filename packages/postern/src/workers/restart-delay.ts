/** Milliseconds that a worker has to live for its death not to count as one more in a row. */
export const LIVED = 10_000;
const FIRST = 100;
const BASE = 250;
const LONGEST = 30_000;

/**
 * Milliseconds until the next process takes the place of one that died: at once after the first death, by up to a tenth of a
 * second, then twice as long each time. Off by up to half, so that workers which die together do not come back in step.
 */
export function restartDelay(deathsInARow: number, random: () => number): number {
  if (deathsInARow <= 1) return random() * FIRST;
  return Math.min(LONGEST, BASE * 2 ** (deathsInARow - 1)) * (0.5 + random() / 2);
}
