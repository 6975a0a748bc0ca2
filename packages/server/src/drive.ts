import { setImmediate } from 'node:timers/promises';
import { endTurn } from './wire/turn.ts';

/** Milliseconds of work between two turns of the event loop: requests go on in between. */
const SLICE = 5;

/** Drives a compile to its end in slices. */
export async function drive<Value>(stages: Iterator<undefined, Value, undefined>): Promise<Value> {
  const pause = slicer();
  for (;;) {
    const step = stages.next();
    if (step.done === true) return step.value;
    const others = pause();
    if (others !== undefined) await others;
  }
}

/** Makes a function that lets requests go on once a slice of work is over, and costs nothing until then. */
export function slicer(): () => Promise<void> | undefined {
  let until = performance.now() + SLICE;
  return () => {
    if (performance.now() < until) return undefined;
    return setImmediate().then(() => {
      endTurn();
      until = performance.now() + SLICE;
    });
  };
}
