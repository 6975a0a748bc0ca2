/** Hands things over, in order, from those who push to the one who reads. */
export interface Queue<Thing> {
  push(thing: Thing): void;
  /** Everything pushed so far and from now on; one reader. Ends with the signal. */
  read(signal: AbortSignal): AsyncGenerator<Thing, void, undefined>;
}

/** Makes an empty queue. */
export function queue<Thing>(): Queue<Thing> {
  const waiting: Thing[] = [];
  let wake: (() => void) | undefined;
  return {
    push(thing) {
      waiting.push(thing);
      wake?.();
    },
    async *read(signal) {
      const stop = (): void => wake?.();
      signal.addEventListener('abort', stop);
      try {
        while (!signal.aborted) {
          const [thing] = waiting.splice(0, 1);
          if (thing !== undefined) yield thing;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },
  };
}
