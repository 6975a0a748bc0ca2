import type { Outcome, SourceEvent } from '@postern/kit';
import type { Entry } from './bucket.ts';
import type { Envelope } from './envelope.ts';
import { compare } from './history.ts';
import type { Position } from './history.ts';
import { Keeper } from './keeper.ts';
import type { Kept } from './last-good.ts';
import { toOffer } from './offer.ts';
import type { Offer } from './offer.ts';
import { OVERTAKEN, WITHOUT_BUS, deadly, madeAnew, whyNot } from './offer-words.ts';
import type { NatsSourceOptions } from './options.ts';
import { Overtaken } from './overtaken.ts';
import { digestOf, readValue } from './read-value.ts';

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
  #serving: Offer | undefined;
  /** The document that was said last, until it is known what became of it. */
  #undecided: SourceEvent | undefined;
  readonly #overtaken = new Overtaken();
  readonly #keeper: Keeper;
  /** What is said about documents is said in order, though some of it waits for the disk. */
  #saying: Promise<void> = Promise.resolve();

  constructor(options: NatsSourceOptions & { readonly goodAfter: number }, say: (event: SourceEvent) => void) {
    this.#options = options;
    this.#say = say;
    this.#keeper = new Keeper(options, say);
  }

  /** True when there was a document of this bucket before: who made it then has a say about it now. */
  get hasHistory(): boolean {
    return this.#known !== undefined;
  }

  /** Whether a document was said of which nobody knows yet what becomes of it. */
  get isUndecided(): boolean {
    return this.#undecided !== undefined;
  }

  /** Origin of what serves, and how it came when not over the bus. */
  get source(): string | null {
    if (this.#serving === undefined) return null;
    const { origin, via } = this.#serving.text;
    return via === undefined ? origin : `${origin}, ${via}`;
  }

  /** Reads what there is without a bus. */
  async load(): Promise<void> {
    const { fallback } = this.#options;
    const offers = (await this.#keeper.load()).flatMap((one) => this.#fromKept(one));
    const file: Offer[] =
      fallback === undefined
        ? []
        : [
            {
              text: { ...fallback, revision: 0, via: WITHOUT_BUS },
              digest: digestOf(fallback.text),
              kept: undefined,
              created: '',
              envelope: undefined,
            },
          ];
    this.#fallbacks = [...offers, ...file];
  }

  /** Takes a look at the key: the newest entry, in the history that the stream has now. */
  see(created: string, entry: Entry | undefined): void {
    const { key } = this.#options;
    if (entry === undefined) {
      const gone = this.#known === undefined ? 'has no document yet' : 'is gone from the bucket';
      this.trouble(`config.${key} ${gone}`, `put a document: postern push gateway.yaml --key ${key}`);
      return;
    }
    const position = { created, revision: entry.revision, digest: digestOf(entry.bytes) };
    const standing = compare(this.#known, position);
    if (standing === 'older' || standing === 'split') {
      this.trouble(
        whyNot(standing, entry, this.#known?.revision),
        'find out what happened to the bucket; postern rollback or push makes a newer revision',
      );
      return;
    }
    if (standing === 'new-history') this.#say(madeAnew(this.#options, created));
    if (standing !== 'same') this.#overtaken.forget();
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
    this.#sayInOrder({ kind: 'unreadable', origin: `config.${this.#options.key}`, message, fix });
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
    if (event === this.#undecided) this.#undecided = undefined;
    if (outcome.state === 'accepted' && offer !== undefined) {
      this.#serving = offer;
      this.#overtaken.arrive();
      this.#keeper.serves(offer);
      return;
    }
    // Accepted before, and given up since: it serves no more, or only for want of another.
    if (offer !== undefined && offer === this.#serving) this.#serving = undefined;
    this.#keeper.refused(outcome);
    this.#overtaken.refuse(outcome.revision, outcome.revision === this.#known?.revision);
    this.#tryNextOvertaken();
    this.#fallbacks = this.#fallbacks.filter(({ text }) => text.origin !== outcome.origin);
    this.fallBack();
  }

  /**
   * The revision after which the bucket may have documents that this node never built, when the newest was refused: whoever
   * has the bucket reads them from there and gives them to `goBack`.
   */
  get missedAfter(): number | undefined {
    if (this.#overtaken.from === undefined) return undefined;
    const serves = this.#serving?.created === this.#known?.created ? this.#serving?.text.revision : undefined;
    return serves ?? 0;
  }

  /** Tries what newer documents overtook, the newest first, until one serves. */
  goBack(entries: readonly Entry[]): void {
    const { missedAfter } = this;
    if (missedAfter === undefined) return;
    this.#overtaken.fill(entries, missedAfter);
    this.#tryNextOvertaken();
  }

  /** Resolves when the disk is left alone. `failed`: an error ends the process, for which what serves may be to blame. */
  async close(failed: boolean): Promise<void> {
    await this.#keeper.close(failed);
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
      this.#sayInOrder({ kind: 'refused', origin, revision, digest, issues: value.issues });
      return;
    }
    this.#envelope = value.envelope;
    const kept = { bucket, key, created, revision, value: bytes };
    this.#put(toOffer({ text: value.text, origin, revision }, value, kept));
  }

  #tryNextOvertaken(): void {
    const { key, bucket, trusted = [] } = this.#options;
    for (let entry = this.#overtaken.next(); entry !== undefined; entry = this.#overtaken.next()) {
      const { revision, bytes } = entry;
      const origin = `config.${key}@${revision}`;
      // Older than the newest that was signed, so it is held against what serves.
      const value = readValue(bytes, origin, { key, trusted, last: this.#serving?.envelope });
      if (value.kind === 'refused') continue;
      const kept = { bucket, key, created: this.#known?.created ?? '', revision, value: bytes };
      this.#put(toOffer({ text: value.text, origin, revision, via: OVERTAKEN }, value, kept));
      return;
    }
  }

  /** Offers a document, unless it ended the process too often. */
  #put(offer: Offer): void {
    const { text, digest } = offer;
    if (this.#keeper.isDeadly(digest)) {
      const issues = [deadly(text.origin, this.#keeper.trialsFile)];
      this.#sayInOrder({ kind: 'refused', origin: text.origin, revision: text.revision, digest, issues });
      return;
    }
    const event = { kind: 'text', ...text } as const;
    this.#offered.set(event, offer);
    this.#sayInOrder(event, this.#keeper.begin(digest));
  }

  #sayInOrder(event: SourceEvent, after?: Promise<void>): void {
    if (event.kind !== 'unreadable') this.#undecided = event;
    this.#saying = Promise.all([this.#saying, after]).then(() => this.#say(event));
  }

  #fromKept(kept: Kept): readonly Offer[] {
    const { revision, created, at, value: bytes } = kept;
    const { key, trusted = [] } = this.#options;
    const origin = `config.${key}@${revision}`;
    // Each generation stands for itself: the older one is older, and signed so.
    const value = readValue(bytes, origin, { key, trusted, last: undefined });
    if (value.kind === 'refused') {
      const [issue] = value.issues;
      this.#keeper.alarm(`the last good file: ${issue?.message ?? 'it is refused'}`, issue?.fix ?? '');
      return [];
    }
    this.#known ??= { created, revision, digest: digestOf(bytes) };
    this.#envelope ??= value.envelope;
    const text = { text: value.text, origin, revision, via: `from the last good file of ${at}` };
    const { envelope } = value;
    return [{ text, digest: digestOf(value.text), kept: undefined, created, envelope }];
  }

  #reader() {
    const { key, trusted = [] } = this.#options;
    return { key, trusted, last: this.#envelope };
  }
}
