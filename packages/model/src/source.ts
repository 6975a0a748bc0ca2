import type { SourceText } from './document.ts';
import type { Issue } from './issue.ts';

/**
 * What a source says: a text to serve, a text that it refuses itself, why it has none now (the last good one keeps
 * serving), or something people should know about the source, from an alarm until it is calm about that again.
 */
export type SourceEvent =
  | ({ readonly kind: 'text' } & SourceText)
  | {
      readonly kind: 'refused';
      readonly origin: string;
      readonly revision: number;
      readonly digest: string;
      readonly issues: readonly Issue[];
    }
  | { readonly kind: 'unreadable'; readonly origin: string; readonly message: string; readonly fix: string }
  | ({ readonly kind: 'alarm' } & Alarm)
  | { readonly kind: 'calm'; readonly about: string };

/** Something people should know; it changes nothing about what serves. A later one about the same takes its place. */
export interface Alarm {
  readonly about: string;
  readonly origin: string;
  readonly message: string;
  readonly fix: string;
}

/** What became of a document. */
export interface Outcome {
  readonly origin: string;
  readonly revision: number;
  /** SHA-256 of the text, in hex. */
  readonly digest: string;
  readonly state: 'accepted' | 'refused';
  readonly issues: readonly Issue[];
}

/** Where documents come from. Small on purpose: open it and read what it says until the signal ends it. */
export interface Source {
  readonly name: string;
  open(signal: AbortSignal): AsyncIterable<SourceEvent, void, undefined>;
  /**
   * For sources that pass it on: what became of a document, named by the very event that `open` yielded. Documents that a
   * newer one overtook are left out. Must not throw or take long.
   */
  tell?(event: SourceEvent, outcome: Outcome): void;
}
