import type { SourceText } from './document.ts';

/** What a source says: a text to serve, or why it has none now (the last good one keeps serving). */
export type SourceEvent =
  | ({ readonly kind: 'text' } & SourceText)
  | { readonly kind: 'unreadable'; readonly origin: string; readonly message: string; readonly fix: string };

/** Where documents come from. Small on purpose: open it and read what it says until the signal ends it. */
export interface Source {
  readonly name: string;
  open(signal: AbortSignal): AsyncIterable<SourceEvent>;
}
