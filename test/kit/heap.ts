import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes that are in use on the heap once nobody's garbage is left there. */
export async function heapInUse(): Promise<number> {
  return (await collected()).heapUsed;
}

/** Bytes of buffers, outside of the heap, that somebody holds. */
export async function buffersInUse(): Promise<number> {
  await collected();
  // What buffers were made of is freed by another thread, after the collection.
  await wait(50);
  return (await collected()).arrayBuffers;
}

async function collected(): Promise<NodeJS.MemoryUsage> {
  setFlagsFromString('--expose-gc');
  for (let times = 0; times < 2; times += 1) {
    // What a finalizer or a late promise lets go of is garbage of the next round.
    await wait(1);
    runInNewContext('gc()');
  }
  return process.memoryUsage();
}
