import { fetchJson } from './fetch-keys.ts';
import { readKeySet } from './key-set.ts';
import type { KeySet } from './key-set.ts';

/** The keys of an issuer as the outside gives them, or the seconds after which it may give some. Plain data. */
export type KeyAnswer = KeySet | { readonly retryAfter: number };

/** What a source tells of its fetches. */
export interface KeyReport {
  fetched(): void;
  /** `reason` in words, for the log. */
  failed(reason: string): void;
}

/** Milliseconds that one request waits for keys: less than a policy has for a step, so that the answer is the plugin's own. */
const PATIENCE = 900;

/** Milliseconds for which keys that are no longer fresh are used all the same while no new ones can be had. */
const STALE_IF_ERROR = 3_600_000;

/** Milliseconds between two fetches for the sake of a `kid` that nobody knows: clients can invent as many as they like. */
const COOLDOWN = 30_000;

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 60_000;

/** Milliseconds by which a request may have come before the one that fetched; more is a clock that was set back. */
const CLOCK_SLACK = 60_000;

/**
 * The key set behind one URL, as fresh as the cache time says: fetched when a request needs it, one fetch at a time. All times are
 * those of requests, in milliseconds since 1970.
 */
export class KeySource {
  readonly #uri: string;
  /** Milliseconds for which a set is fresh. */
  readonly #cache: number;
  readonly #closing = new AbortController();
  #report: KeyReport;
  #set: KeySet | undefined = undefined;
  #fetchedAt = 0;
  #failures = 0;
  /** No fetch before this time, unless it lies further ahead than a pause can be: then the clock was set back. */
  #retryAt = -Infinity;
  #soughtAt = -Infinity;
  #flight: Promise<void> | undefined = undefined;

  constructor({ uri, cache }: { readonly uri: string; readonly cache: number }, report: KeyReport) {
    this.#uri = uri;
    this.#cache = cache;
    this.#report = report;
  }

  /** Who is told from now on: the policy as it was compiled last. */
  reportTo(report: KeyReport): void {
    this.#report = report;
  }

  /** The keys: at once where they are fresh, or stale for no longer than they were fresh; else as soon as there are new ones. */
  read(now: number): KeyAnswer | Promise<KeyAnswer> {
    const age = this.#ageAt(now);
    if (this.#set !== undefined && age < this.#cache) return this.#set;
    if (!this.#mayFetch(now)) return this.#fallback(now);
    const flight = this.#fetch(now);
    if (this.#set !== undefined && age < Math.min(2 * this.#cache, this.#cache + STALE_IF_ERROR)) return this.#set;
    return this.#wait(flight, now);
  }

  /** The keys after a look for one that the set lacks: fetched once more, but no more often than the cooldown allows. */
  seek(now: number): KeyAnswer | Promise<KeyAnswer> {
    if (this.#flight === undefined) {
      if (!this.#maySeek(now)) return this.#fallback(now);
      this.#soughtAt = now;
    }
    return this.#wait(this.#fetch(now), now);
  }

  /** Ends a fetch that is under way; the source is not used again. */
  close(): void {
    this.#closing.abort();
  }

  #ageAt(now: number): number {
    const age = now - this.#fetchedAt;
    return age < -CLOCK_SLACK ? Infinity : age;
  }

  #mayFetch(now: number): boolean {
    if (this.#flight !== undefined) return true;
    return now >= this.#retryAt || this.#retryAt - now > LONGEST_PAUSE + CLOCK_SLACK;
  }

  /** Not for keys that were fetched since the request came, nor while it is known that there are none to be had. */
  #maySeek(now: number): boolean {
    const since = now - this.#soughtAt;
    const cooled = since >= COOLDOWN || since <= -CLOCK_SLACK;
    return cooled && this.#fetchedAt !== now && this.#mayFetch(now);
  }

  #fallback(now: number): KeyAnswer {
    if (this.#set !== undefined && this.#ageAt(now) < this.#cache + STALE_IF_ERROR) return this.#set;
    const pause = Math.min(LONGEST_PAUSE, Math.max(FIRST_PAUSE, this.#retryAt - now));
    return { retryAfter: Math.ceil(pause / 1000) };
  }

  #wait(flight: Promise<void>, now: number): Promise<KeyAnswer> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        resolve(this.#fallback(now));
      };
      const timer = setTimeout(end, PATIENCE);
      void flight.then(end);
    });
  }

  #fetch(now: number): Promise<void> {
    this.#flight ??= this.#fetchOnce(now).finally(() => (this.#flight = undefined));
    return this.#flight;
  }

  /** Never rejects: what went wrong is told, and remembered as a pause. */
  async #fetchOnce(now: number): Promise<void> {
    try {
      const found = readKeySet(await fetchJson(this.#uri, this.#closing.signal));
      if (found === undefined) throw new Error('the answer is no set of public keys for signatures');
      // The same object for the same keys: tokens that were verified with them stay so.
      if (JSON.stringify(found) !== JSON.stringify(this.#set)) this.#set = found;
      this.#fetchedAt = now;
      this.#failures = 0;
      this.#retryAt = -Infinity;
      this.#report.fetched();
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#failures += 1;
      this.#retryAt = now + Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(this.#failures - 1, 10));
      this.#report.failed(error instanceof Error ? error.message : String(error));
    }
  }
}
