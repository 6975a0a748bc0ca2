import type { Source, SourceEvent } from '@postern/model';

/** A source that says what a test pushes into it. */
export interface PushedSource extends Source {
  push(...texts: string[]): void;
  fail(message: string): void;
  /** Makes the source throw, as none may. */
  breakDown(error: Error): void;
  end(): void;
}

/** Makes a source under the name `test` whose documents are `test.yaml`. */
export function pushedSource(): PushedSource {
  const waiting: SourceEvent[] = [];
  let revision = 0;
  let ended = false;
  let broken: Error | undefined;
  let wake = (): void => undefined;

  function say(event: SourceEvent): void {
    waiting.push(event);
    wake();
  }

  return {
    name: 'test',
    async *open(signal) {
      signal.addEventListener('abort', () => wake());
      while (!signal.aborted) {
        const event = waiting.shift();
        if (event !== undefined) yield event;
        else if (broken !== undefined) throw broken;
        else if (ended) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    push: (...texts) => {
      for (const text of texts) say({ kind: 'text', text, origin: 'test.yaml', revision: (revision += 1) });
    },
    fail: (message) => say({ kind: 'unreadable', origin: 'test.yaml', message, fix: 'mend it' }),
    breakDown: (error) => {
      broken = error;
      wake();
    },
    end: () => {
      ended = true;
      wake();
    },
  };
}
