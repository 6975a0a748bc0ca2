import { setTimeout as delay } from 'node:timers/promises';
import type { Outcome, SourceEvent } from '@postern/kit';
import { readLastGood, writeLastGood } from './last-good.ts';
import type { Kept } from './last-good.ts';
import type { NatsSourceOptions } from './options.ts';
import { Trials } from './trials.ts';

/** A document as the disk knows it. */
export interface Keepable {
  /** SHA-256 of its text, in hex. */
  readonly digest: string;
  /** What to keep of it once it has served well; undefined for what did not come over the bus. */
  readonly kept: Omit<Kept, 'at'> | undefined;
}

/** What a gateway of several processes says of a document that ended three of them. */
const DEADLY = 'server/deadly';

/** Milliseconds that a document waits for the disk: a slow one must not hold up a reload. */
const DISK_PATIENCE = 250;

/**
 * What a node keeps on its disk: the last good document, and which ones ended the process. A disk that is full, read-only
 * or slow is an alarm, and takes nothing away from what serves.
 */
export class Keeper {
  readonly #options: NatsSourceOptions & { readonly goodAfter: number };
  readonly #say: (event: SourceEvent) => void;
  readonly #trials: Trials;
  /** Ends the trial of what serves, once that has served long enough. */
  #trial: { readonly digest: string; readonly timer: NodeJS.Timeout } | undefined;
  #keptLast: Pick<Kept, 'created' | 'revision'> | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: NatsSourceOptions & { readonly goodAfter: number }, say: (event: SourceEvent) => void) {
    this.#options = options;
    this.#say = say;
    this.#trials = new Trials(this.trialsFile, options.version);
  }

  get trialsFile(): string {
    return `${this.#options.lastGood}.trials`;
  }

  /** The documents of this bucket and key that were kept, the newest first. */
  async load(): Promise<readonly Kept[]> {
    const { lastGood, bucket, key } = this.#options;
    await this.#trials.load();
    const { kept, broken } = await readLastGood(lastGood, { bucket, key });
    for (const problem of broken)
      this.alarm(`${problem}: it is passed over`, 'delete it when it was not you who changed it');
    [this.#keptLast] = kept;
    return kept;
  }

  /** Whether the document ended the process so often that it is not loaded again. */
  isDeadly(digest: string): boolean {
    return this.#trials.isDeadly(digest);
  }

  /** Notes that a document is about to be built; resolves when that is on the disk, or the disk is too slow. */
  async begin(digest: string): Promise<void> {
    const noted = this.#quietly(this.#trials.begin(digest));
    await Promise.race([noted, delay(DISK_PATIENCE, undefined, { ref: false })]);
  }

  /** A document serves: from now on its time counts. */
  serves({ digest, kept }: Keepable): void {
    clearTimeout(this.#trial?.timer);
    void this.#quietly(this.#trials.onlyOn(digest));
    const timer = setTimeout(() => {
      this.#trial = undefined;
      void this.#quietly(this.#trials.passed(digest));
      if (kept !== undefined) this.#writing = this.#writing.then(() => this.#keep(kept));
    }, this.#options.goodAfter);
    this.#trial = { digest, timer };
  }

  /** What was about to be built will not serve; or what serves on trial ended processes, and is not loaded again. */
  refused({ digest, issues }: Pick<Outcome, 'digest' | 'issues'>): void {
    if (this.#trial?.digest === digest) {
      clearTimeout(this.#trial.timer);
      this.#trial = undefined;
    }
    if (issues.some(({ code }) => code === DEADLY)) this.#trials.condemn(digest);
    void this.#quietly(this.#trials.onlyOn(this.#trial?.digest));
  }

  /** Resolves when the disk is left alone. Where the end is a failure, what is on trial stays so, and is counted at the next start. */
  async close(failed: boolean): Promise<void> {
    clearTimeout(this.#trial?.timer);
    if (!failed) await this.#quietly(this.#trials.onlyOn(undefined));
    await this.#writing;
  }

  /** Says what is the matter with the disk, or with what is on it. */
  alarm(message: string, fix: string): void {
    this.#say({ kind: 'alarm', about: 'last-good', origin: this.#options.lastGood, message, fix });
  }

  async #keep(kept: Omit<Kept, 'at'>): Promise<void> {
    const { lastGood } = this.#options;
    if (this.#keptLast?.created === kept.created && this.#keptLast.revision === kept.revision) return;
    try {
      await writeLastGood(lastGood, { ...kept, at: new Date().toISOString() });
      this.#keptLast = kept;
      this.#say({ kind: 'calm', about: 'last-good' });
    } catch (error) {
      const message = `the last good document cannot be kept in ${lastGood}: ${error instanceof Error ? error.message : String(error)}`;
      this.alarm(message, 'see to the disk: without it a start needs the bus');
    }
  }

  async #quietly(noted: Promise<void>): Promise<void> {
    const { lastGood } = this.#options;
    const about = 'trials';
    try {
      await noted;
      this.#say({ kind: 'calm', about });
    } catch (error) {
      const message = `documents that end the process cannot be remembered in ${this.trialsFile}: ${error instanceof Error ? error.message : String(error)}`;
      this.#say({ kind: 'alarm', about, origin: lastGood, message, fix: 'see to the disk' });
    }
  }
}
