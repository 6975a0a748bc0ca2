import type { Runtime } from '@postern/engine';

/** Calls `late` in time; the returned function prevents it. */
export function after(milliseconds: number, late: () => void): () => void {
  const timer = setTimeout(late, milliseconds);
  return () => clearTimeout(timer);
}

/** The clock, chance and timers of the machine. */
export const REAL_TIME: Runtime = Object.freeze({ now: Date.now, random: Math.random, after });
