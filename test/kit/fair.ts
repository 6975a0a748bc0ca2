/** Tries after which a machine is not to blame. */
const MOST_TRIES = 12;

/**
 * For a guarantee that is a time: measures until one try is within it, since what other programs on a busy machine take is
 * not ours. Says whether one was, with all of them for people.
 */
export async function fairly(
  longest: number,
  measure: () => Promise<number>,
): Promise<{ readonly held: boolean; readonly took: string }> {
  const all: number[] = [];
  let held = false;
  while (!held && all.length < MOST_TRIES) {
    const milliseconds = await measure();
    all.push(milliseconds);
    held = milliseconds <= longest;
  }
  return { held, took: `${all.map((one) => one.toFixed(0)).join(', ')} ms` };
}
