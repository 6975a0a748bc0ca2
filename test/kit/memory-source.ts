import { defineSource } from '@postern/kit';
import type { Source, SourceEvent } from '@postern/kit';

/** A source whose texts a test pushes; everything behind it is the real thing. */
export interface MemorySource extends Source {
  push(text: string): void;
}

/** Makes a source that says `first` and then whatever is pushed. */
export function memorySource(first: string): MemorySource {
  const waiting: SourceEvent[] = [];
  let revision = 0;
  let wake: () => void = () => undefined;
  const push = (text: string): void => {
    revision += 1;
    waiting.push({ kind: 'text', text, origin: 'gateway.yaml', revision });
    wake();
  };
  push(first);
  const source = defineSource({
    name: 'memory',
    async *open(signal) {
      signal.addEventListener('abort', () => wake());
      while (!signal.aborted) {
        const next = waiting.shift();
        if (next !== undefined) yield next;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    },
  });
  return { ...source, push };
}
