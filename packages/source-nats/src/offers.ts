import type { Issue, Outcome, SourceEvent, SourceText } from '@postern/kit';
import type { Entry } from './bucket.ts';
import type { Envelope } from './envelope.ts';
import { compare } from './history.ts';
import type { Position } from './history.ts';
import { Keeper } from './keeper.ts';
import type { Keepable } from './keeper.ts';
import type { Kept } from './last-good.ts';
import type { NatsSourceOptions } from './options.ts';
import { digestOfText, digestOfValue, readValue } from './read-value.ts';

/** A text that was offered, and what it takes to keep it. */
interface Offer extends Keepable {
  readonly text: SourceText;
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
  #serving: Offer | undefined;
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
              digest: digestOfText(fallback.text),
              kept: undefined,
            },
          ];
    this.#fallbacks = [...offers, ...file];
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
    if (outcome.state === 'accepted' && offer !== undefined) {
      this.#serving = offer;
      this.#keeper.serves(offer);
      return;
    }
    this.#keeper.refused();
    this.#fallbacks = this.#fallbacks.filter(({ text }) => text.origin !== outcome.origin);
    this.fallBack();
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
    const text = { text: value.text, origin, revision };
    this.#put({ text, digest: digestOfText(value.text), kept: { bucket, key, created, revision, value: bytes } });
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
    this.#known ??= { created, revision, digest: digestOfValue(bytes) };
    this.#envelope ??= value.envelope;
    const text = { text: value.text, origin, revision, via: `from the last good file of ${at}` };
    return [{ text, digest: digestOfText(value.text), kept: undefined }];
  }

  #reader() {
    const { key, trusted = [] } = this.#options;
    return { key, trusted, last: this.#envelope };
  }
}

const WITHOUT_BUS = 'for want of a document from the bus';

function whyNot(standing: 'older' | 'split', { key, revision }: Entry, known: number | undefined): string {
  if (standing === 'split')
    return `${key}@${revision} has another text than the ${key}@${revision} that was here before: two brokers, or a lost write`;
  return `the bucket has ${key}@${revision}, and ${key}@${known} was here before: a backup was restored, or a write was lost`;
}

function deadly(file: string, trials: string): Issue {
  return {
    severity: 'error',
    code: 'source/deadly',
    message: 'the process ended without a word three times while this document was new: it is not loaded again',
    fix: `change the document and push it again; to try this one all the same, delete ${trials} and restart`,
    file,
    line: 1,
    column: 1,
    pointer: '',
  };
}
