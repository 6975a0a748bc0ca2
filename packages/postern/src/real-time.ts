import type { Runtime } from '@postern/engine';

/** The clock, chance and timers of the machine. */
export const REAL_TIME: Runtime = Object.freeze({
  now: Date.now,
  random: Math.random,
  after: (milliseconds: number, late: () => void) => {
    const timer = setTimeout(late, milliseconds);
    return () => clearTimeout(timer);
  },
});
