import { setImmediate } from 'node:timers/promises';

/** Milliseconds of compiling between two turns of the event loop: requests go on in between. */
const SLICE = 5;

/** Drives a compile to its end in slices. */
export async function drive<Value>(stages: Iterator<undefined, Value, undefined>): Promise<Value> {
  let until = performance.now() + SLICE;
  for (;;) {
    const step = stages.next();
    if (step.done === true) return step.value;
    if (performance.now() < until) continue;
    await setImmediate();
    until = performance.now() + SLICE;
  }
}
