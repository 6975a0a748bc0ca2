import type { SourceText } from '@postern/kit';
import type { Envelope } from './envelope.ts';
import type { Keepable } from './keeper.ts';
import type { Kept } from './last-good.ts';
import { digestOf } from './read-value.ts';

/** A text that was offered, and what it takes to keep it. */
export interface Offer extends Keepable {
  readonly text: SourceText;
  /** Of the stream that its revision belongs to; empty for the file. */
  readonly created: string;
  readonly envelope: Envelope | undefined;
}

/** A document of the bus as an offer, to be kept once it has served well. */
export function toOffer(text: SourceText, { envelope }: Pick<Offer, 'envelope'>, kept: Omit<Kept, 'at'>): Offer {
  return { text, digest: digestOf(text.text), kept, created: kept.created, envelope };
}
