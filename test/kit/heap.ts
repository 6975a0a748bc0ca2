import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes that are in use on the heap once nobody's garbage is left there. */
export async function heapInUse(): Promise<number> {
  setFlagsFromString('--expose-gc');
  for (let times = 0; times < 2; times += 1) {
    // What a finalizer or a late promise lets go of is garbage of the next round.
    await wait(1);
    runInNewContext('gc()');
  }
  return process.memoryUsage().heapUsed;
}
