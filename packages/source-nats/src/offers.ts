import type { Outcome, SourceEvent, SourceText } from '@postern/kit';
import type { Entry } from './bucket.ts';
import type { Envelope } from './envelope.ts';
import { compare } from './history.ts';
import type { Position } from './history.ts';
import { readLastGood, writeLastGood } from './last-good.ts';
import type { Kept } from './last-good.ts';
import type { NatsSourceOptions } from './options.ts';
import { digestOfValue, readValue } from './read-value.ts';

/** A text that was offered, and what it takes to keep it. */
interface Offer {
  readonly from: 'bus' | 'last good' | 'file';
  readonly text: SourceText;
  /** Undefined for the file's: it is kept as it is. */
  readonly kept: Omit<Kept, 'at'> | undefined;
}

/**
 * Decides what the node is offered: what the bucket shows when that is newer than all before; at the start, while nothing
 * serves, the last good document in the bus's place, then the older one, then the file. What goes missing on the bus takes
 * nothing away.
 */
export class Offers {
  readonly #options: NatsSourceOptions & { readonly goodAfter: number };
  readonly #say: (event: SourceEvent) => void;
  /** By the event that offered it: what nobody has any more is not kept here either. */
  readonly #offered = new WeakMap<SourceEvent, Offer>();
  #fallbacks: readonly Offer[] = [];
  #known: Position | undefined;
  #envelope: Envelope | undefined;
  /** What was said last about the key: said once. */
  #said = '';
  #serving: { readonly offer: Offer; readonly outcome: Outcome } | undefined;
  #trial: NodeJS.Timeout | undefined;
  #keptLast: Offer['kept'];
  #writing: Promise<void> = Promise.resolve();

  constructor(options: NatsSourceOptions & { readonly goodAfter: number }, say: (event: SourceEvent) => void) {
    this.#options = options;
    this.#say = say;
  }

  /** True when there was a document of this bucket before: who made it then has a say about it now. */
  get hasHistory(): boolean {
    return this.#known !== undefined;
  }

  /** Origin of what serves, and how it came when not over the bus. */
  get source(): string | null {
    if (this.#serving === undefined) return null;
    const { origin, via } = this.#serving.offer.text;
    return via === undefined ? origin : `${origin}, ${via}`;
  }

  /** Reads what there is without a bus. */
  async load(): Promise<void> {
    const { lastGood, bucket, key, fallback } = this.#options;
    const { kept, broken } = await readLastGood(lastGood, { bucket, key });
    for (const problem of broken)
      this.#alarmAboutDisk(`${problem}: it is passed over`, 'delete it when it was not you who changed it');
    const offers = kept.flatMap((one) => this.#fromKept(one));
    const file: Offer[] =
      fallback === undefined
        ? []
        : [{ from: 'file', text: { ...fallback, revision: 0, via: WITHOUT_BUS }, kept: undefined }];
    this.#fallbacks = [...offers, ...file];
    this.#keptLast = offers[0]?.kept;
  }

  /** Takes a look at the key: the newest entry, in the history that the stream has now. */
  see(created: string, entry: Entry | undefined): void {
    const { key, bucket } = this.#options;
    if (entry === undefined) {
      const gone = this.#known === undefined ? 'has no document yet' : 'is gone from the bucket';
      this.trouble(`config.${key} ${gone}`, `put a document: postern push gateway.yaml --key ${key}`);
      return;
    }
    const position = { created, revision: entry.revision, digest: digestOfValue(entry.bytes) };
    const standing = compare(this.#known, position);
    if (standing === 'older' || standing === 'split') {
      this.trouble(
        whyNot(standing, entry, this.#known?.revision),
        'find out what happened to the bucket; postern rollback or push makes a newer revision',
      );
      return;
    }
    if (standing === 'new-history') {
      const message = `bucket ${bucket} was made anew at ${created}: its revisions begin again, and what it has is taken`;
      this.#say({
        kind: 'alarm',
        about: 'history',
        origin: `config.${key}`,
        message,
        fix: 'see to it that this was meant',
      });
    }
    this.#known = position;
    if (entry.operation !== 'put')
      this.trouble(
        `config.${key} was deleted at revision ${entry.revision}`,
        `put it again: postern rollback, or push`,
      );
    else if (this.#isNews(JSON.stringify(position))) this.#offer(entry, position);
  }

  /** Says why the bus has no document to give; while nothing serves, looks elsewhere. */
  trouble(message: string, fix: string): void {
    if (!this.#isNews(message)) return;
    this.fallBack();
    this.#say({ kind: 'unreadable', origin: `config.${this.#options.key}`, message, fix });
  }

  /** While nothing serves, offers the best there is without the bus. False: there is nothing. */
  fallBack(): boolean {
    const [offer] = this.#fallbacks;
    if (this.#serving !== undefined) return true;
    if (offer === undefined) return false;
    this.#put(offer);
    return true;
  }

  /** Takes what became of an offer. */
  heard(event: SourceEvent, outcome: Outcome): void {
    const offer = this.#offered.get(event);
    if (outcome.state === 'accepted' && offer !== undefined) {
      this.#serving = { offer, outcome };
      this.#try(offer);
      return;
    }
    this.#fallbacks = this.#fallbacks.filter(({ text }) => text.origin !== outcome.origin);
    this.fallBack();
  }

  /** Resolves when the disk is left alone. */
  async close(): Promise<void> {
    clearTimeout(this.#trial);
    await this.#writing;
  }

  #isNews(said: string): boolean {
    const news = said !== this.#said;
    this.#said = said;
    return news;
  }

  #offer({ bytes, revision }: Entry, { created, digest }: Position): void {
    const { key, bucket } = this.#options;
    const origin = `config.${key}@${revision}`;
    const value = readValue(bytes, origin, this.#reader());
    if (value.kind === 'refused') {
      this.#say({ kind: 'refused', origin, revision, digest, issues: value.issues });
      return;
    }
    this.#envelope = value.envelope;
    const text = { text: value.text, origin, revision };
    this.#put({ from: 'bus', text, kept: { bucket, key, created, revision, value: bytes } });
  }

  #put(offer: Offer): void {
    const event = { kind: 'text', ...offer.text } as const;
    this.#offered.set(event, offer);
    this.#say(event);
  }

  #fromKept(kept: Kept): readonly Offer[] {
    const { revision, created, at, value: bytes } = kept;
    const origin = `config.${this.#options.key}@${revision}`;
    const value = readValue(bytes, origin, this.#reader());
    if (value.kind === 'refused') {
      const [issue] = value.issues;
      this.#alarmAboutDisk(`the last good file: ${issue?.message ?? 'it is refused'}`, issue?.fix ?? '');
      return [];
    }
    this.#known ??= { created, revision, digest: digestOfValue(bytes) };
    // The second generation is older, and signed so: it is held against nothing, and the newer one stays the mark.
    this.#envelope ??= value.envelope;
    return [
      {
        from: 'last good',
        text: { text: value.text, origin, revision, via: `from the last good file of ${at}` },
        kept,
      },
    ];
  }

  #reader() {
    const { key, trusted = [] } = this.#options;
    return { key, trusted, last: this.#envelope };
  }

  /** A document that ends the process within its first seconds never gets to be the last good one. */
  #try({ from, kept }: Offer): void {
    if (from !== 'bus' || kept === undefined) return;
    clearTimeout(this.#trial);
    const { created, revision } = this.#keptLast ?? {};
    if (created === kept.created && revision === kept.revision) return;
    this.#trial = setTimeout(() => {
      this.#writing = this.#writing.then(() => this.#keep(kept));
    }, this.#options.goodAfter);
  }

  async #keep(kept: Omit<Kept, 'at'>): Promise<void> {
    const { lastGood } = this.#options;
    try {
      await writeLastGood(lastGood, { ...kept, at: new Date().toISOString() });
      this.#keptLast = kept;
      this.#say({ kind: 'calm', about: 'last-good' });
    } catch (error) {
      const message = `the last good document cannot be kept in ${lastGood}: ${error instanceof Error ? error.message : String(error)}`;
      this.#alarmAboutDisk(message, 'see to the disk: without it a start needs the bus');
    }
  }

  #alarmAboutDisk(message: string, fix: string): void {
    this.#say({ kind: 'alarm', about: 'last-good', origin: this.#options.lastGood, message, fix });
  }
}

const WITHOUT_BUS = 'for want of a document from the bus';

function whyNot(standing: 'older' | 'split', { key, revision }: Entry, known: number | undefined): string {
  if (standing === 'split')
    return `${key}@${revision} has another text than the ${key}@${revision} that was here before: two brokers, or a lost write`;
  return `the bucket has ${key}@${revision}, and ${key}@${known} was here before: a backup was restored, or a write was lost`;
}
