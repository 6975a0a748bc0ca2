import type { Source, SourceEvent } from '@postern/model';

/** A source whose first word is known. */
export interface Peeked {
  readonly first: SourceEvent | undefined;
  /** Says everything, the first word included; to be opened once. */
  readonly source: Source;
  /** For when it is not opened after all. */
  readonly close: () => void;
}

/** Reads the first word of a source and gives it back: what a start needs to know before anything is followed. */
export async function peek(source: Source): Promise<Peeked> {
  const ending = new AbortController();
  const events = source.open(ending.signal)[Symbol.asyncIterator]();
  const next = await events.next();
  const first = next.done === true ? undefined : next.value;
  return {
    first,
    close: () => ending.abort(),
    source: {
      ...source,
      async *open(signal) {
        signal.addEventListener('abort', () => ending.abort());
        if (signal.aborted) ending.abort();
        if (first !== undefined) yield first;
        yield* { [Symbol.asyncIterator]: () => events };
      },
    },
  };
}
