import type { Runtime } from '@postern/engine';

/** Clock, chance and timers of this process. */
export const RUNTIME: Runtime = Object.freeze({
  now: Date.now,
  random: Math.random,
  after: (milliseconds: number, late: () => void) => {
    const timer = setTimeout(late, milliseconds);
    return () => clearTimeout(timer);
  },
});
