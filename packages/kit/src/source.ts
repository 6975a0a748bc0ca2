import type { Source } from '@postern/model';

/** Names a source and freezes it; `open` yields texts and reasons why there is none, until its signal ends. */
export function defineSource(source: Source): Source {
  return Object.freeze({ ...source });
}
