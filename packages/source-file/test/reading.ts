import type { Source, SourceEvent } from '@postern/kit';

/** A source being read in a test: asks for one event after another, with a deadline. */
export interface Reading {
  next(): Promise<SourceEvent>;
  /** True when nothing came for `ms`. */
  quietFor(ms: number): Promise<boolean>;
  end(): Promise<void>;
}

/** Opens a source; `end` returns once the source has ended too. */
export function read(source: Source): Reading {
  const ending = new AbortController();
  const events = source.open(ending.signal)[Symbol.asyncIterator]();
  let asked: Promise<IteratorResult<SourceEvent, unknown>> | undefined;
  function ask(): Promise<IteratorResult<SourceEvent, unknown>> {
    asked ??= events.next().finally(() => (asked = undefined));
    return asked;
  }
  return {
    async next() {
      const result = await within(ask(), 60_000);
      if (result === undefined) throw new Error('nothing came for a minute');
      if (result.done === true) throw new Error('the source ended');
      return result.value;
    },
    quietFor: async (ms) => (await within(ask(), ms)) === undefined,
    async end() {
      ending.abort();
      const result = await within(ask(), 30_000);
      if (result?.done !== true) throw new Error('the source did not end with its signal');
    },
  };
}

async function within<Value>(promise: Promise<Value>, ms: number): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The text of an event, or what kind it is instead. */
export function textOf(event: SourceEvent): string {
  if (event.kind !== 'text') return `(${event.kind}: ${'message' in event ? event.message : ''})`;
  return typeof event.text === 'string' ? event.text : new TextDecoder().decode(event.text);
}
