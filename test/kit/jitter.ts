/** Milliseconds at most that a fault comes later, at random: `POSTERN_TEST_JITTER`, set by the soak run. */
const MOST = Number(process.env['POSTERN_TEST_JITTER'] ?? 0);

/** Milliseconds until a fault is to come. 0 outside of a soak run, where tests say themselves when. */
function jitter(): number {
  return Math.random() * MOST;
}

/** Stands still for as long, where nothing can be awaited. What other processes do goes on. */
export function standStill(): void {
  if (MOST > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, jitter());
}
