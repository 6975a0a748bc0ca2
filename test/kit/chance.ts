import type { Test } from 'tap';
import { FULL } from './sized.ts';

/** Chance that can be had again: the seed is printed, and `SEED=<number>` sets it. */
export function chance(t: Test): () => number {
  const seed = seedOf();
  t.comment(`SEED=${seed}`);
  return seeded(seed);
}

/** The seed that `SEED` sets, or a new one. */
export function seedOf(): number {
  return Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
}

/** The seed that `SEED` sets; a new one in a soak run; in all others the same, so that a red run is the fault of a change. */
export function steadySeedOf(): number {
  return FULL ? seedOf() : Number(process.env['SEED'] ?? STEADY);
}

const STEADY = 20_261_128;

/** The same chance for the same seed: mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
