import { KeySource } from './key-source.ts';
import type { KeyReport } from './key-source.ts';

/** What a policy says of its key set. */
export interface KeyTerms {
  readonly uri: string;
  /** Milliseconds for which the set is fresh. */
  readonly cache: number;
}

/** The key sources of one policy name over all its snapshots: a reload that leaves the URL alone fetches nothing. */
export class KeySources {
  readonly #sources = new Map<string, { readonly source: KeySource; users: number }>();

  /** The source on these terms; give it back with `release`. */
  use(terms: KeyTerms, report: KeyReport): KeySource {
    const key = keyOf(terms);
    let held = this.#sources.get(key);
    if (held === undefined) this.#sources.set(key, (held = { source: new KeySource(terms, report), users: 0 }));
    held.users += 1;
    held.source.reportTo(report);
    return held.source;
  }

  release(terms: KeyTerms): void {
    const held = this.#sources.get(keyOf(terms));
    if (held === undefined) return;
    held.users -= 1;
    if (held.users > 0) return;
    this.#sources.delete(keyOf(terms));
    held.source.close();
  }

  close(): void {
    for (const { source } of this.#sources.values()) source.close();
    this.#sources.clear();
  }
}

function keyOf({ uri, cache }: KeyTerms): string {
  return `${cache} ${uri}`;
}
