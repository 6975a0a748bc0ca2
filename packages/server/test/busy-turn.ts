import { afterReads } from '../src/wire/turn.ts';

/** Lets the event loop have a turn with so many messages that the next one is in parts. */
export async function busyTurn(): Promise<void> {
  // One of the first 32 is the trial.
  for (let message = 0; message < 48; message += 1) afterReads({ lookAtRead: () => undefined });
  await new Promise(setImmediate);
}
