import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds between two looks. */
const LOOK = 50;

/** What came of it: a value, or nothing in the time it had. */
export type InTime<Value> = { readonly kind: 'done'; readonly value: Value } | { readonly kind: 'late' };

/**
 * Waits for something that may never come, at most so many milliseconds in which this process had nothing else to do: time
 * counts by looks, so that code which takes long to load on a busy machine is not taken for code that hangs. Keeps the
 * process alive meanwhile. Rejects as it does.
 */
export async function inIdleTime<Value>(promise: Promise<Value>, limit: number): Promise<InTime<Value>> {
  const ending = new AbortController();
  const late = async (): Promise<InTime<Value>> => {
    for (let waited = 0; waited < limit; waited += LOOK) await delay(LOOK, undefined, { signal: ending.signal });
    return { kind: 'late' };
  };
  const looking = late();
  // Nobody waits for it any more, once the other has won.
  looking.catch(() => undefined);
  try {
    return await Promise.race([promise.then((value): InTime<Value> => ({ kind: 'done', value })), looking]);
  } finally {
    ending.abort();
  }
}
