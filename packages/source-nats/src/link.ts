import { setTimeout as delay } from 'node:timers/promises';
import { backoff } from './backoff.ts';
import { bell } from './bell.ts';
import { BusError, HISTORY } from './bucket.ts';
import type { Bucket, Bus, Entry } from './bucket.ts';
import { openBus } from './bus.ts';
import type { NatsSourceOptions, Times } from './options.ts';

/** Who hears what the bus shows. */
export interface Listener {
  /** Whether the bucket is this node's to make when it is not there: one that was there before was deleted for a reason. */
  mayCreate(): boolean;
  connected(bus: Bus): void;
  /** The connection broke and is whole again. */
  reconnected(): void;
  seen(created: string, entry: Entry | undefined): void;
  /** The server answers, and has nothing to give. */
  refused(error: BusError): void;
  /** The key cannot be watched: changes are seen at the next look only. */
  unwatched(error: unknown): void;
  /** The server does not answer. */
  unreachable(error: unknown): void;
  /** Last words, while there is still a connection. */
  leave(): Promise<void>;
}

/** Milliseconds between two looks under a flood of hints: what comes meanwhile is overtaken anyway. */
const BREATH = 10;

/**
 * Keeps a connection and looks at one key of a bucket, for as long as the signal lets it. A watch only hints: what counts is
 * a full look at the newest entry and the time at which the stream was made, so that duplicates, gaps and a watch gone
 * deaf do no harm. Looks at every hint, after each reconnect, and every few seconds. Never gives up, never throws.
 */
export async function link(options: NatsSourceOptions & Times, to: Listener, signal: AbortSignal): Promise<void> {
  const delays = backoff();
  while (!signal.aborted) {
    try {
      const bus = await openBus({ ...options, name: `postern ${options.node}`, readTimeout: PATIENCE });
      delays.reset();
      try {
        to.connected(bus);
        await new Looking(options, { bus, to }).look(signal);
        await to.leave();
      } finally {
        await bus.close();
      }
    } catch (error) {
      to.unreachable(error);
    }
    await delay(delays.next(), undefined, { signal }).catch(() => undefined);
  }
}

/** Milliseconds until a server that does not answer is asked again, and until the look after one that failed. */
const AGAIN = 1000;
/** How much longer the next wait is: over a slow line, the answers to what was asked meanwhile stand in one another's way. */
const LONGER = 1.5;
/** Milliseconds that an answer may be on its way: a line of 1 KiB/s with 2 s of delay takes half of it for a small document. */
const PATIENCE = 20_000;

/** Looks at the key over one connection. */
class Looking {
  readonly #options: NatsSourceOptions & Times;
  readonly #bus: Bus;
  readonly #to: Listener;
  #bucket: Bucket | undefined;
  #created = '';
  #revision = 0;
  #watching: AbortController | undefined;
  /** Ends the look that is under way: what was asked over a connection that broke is never answered. */
  #lost = Promise.withResolvers<boolean>();

  constructor(options: NatsSourceOptions & Times, over: { readonly bus: Bus; readonly to: Listener }) {
    this.#options = options;
    this.#bus = over.bus;
    this.#to = over.to;
  }

  /** Ends with the signal, or when the connection is closed for good. */
  async look(signal: AbortSignal): Promise<void> {
    const ending = new AbortController();
    const stop = (): void => ending.abort();
    signal.addEventListener('abort', stop);
    const { ring, rung } = bell(ending.signal);
    const hearing = this.#hear(ring)
      .catch(() => undefined)
      .finally(stop);
    while (!ending.signal.aborted) {
      const lost = Promise.withResolvers<boolean>();
      this.#lost = lost;
      const answered = await Promise.race([this.#once(ring, lost), lost.promise]);
      await delay(BREATH);
      await rung(answered ? this.#options.look : Math.min(AGAIN, this.#options.look));
    }
    this.#watching?.abort();
    signal.removeEventListener('abort', stop);
    if (!signal.aborted) await hearing;
  }

  async #hear(ring: () => void): Promise<void> {
    for await (const change of this.#bus.changes()) {
      if (change.kind === 'closed') return;
      if (change.kind === 'turned-away') this.#to.unreachable(change.error);
      // The client's own watch stays blind for seconds after a reconnect.
      if (change.kind === 'reconnected') {
        this.#watch(ring);
        this.#lost.resolve(true);
        this.#to.reconnected();
      }
      ring();
    }
  }

  /** Whether there was an answer. */
  async #once(ring: () => void, lost: unknown): Promise<boolean> {
    const { bucket: name, key } = this.#options;
    try {
      this.#bucket ??= await this.#bus.bucket(name, this.#to.mayCreate() ? { history: HISTORY } : undefined);
      const [created, entry] = await ask(this.#bucket, `config.${key}`);
      if (lost !== this.#lost) return true;
      const renewed = created !== this.#created;
      this.#created = created;
      this.#revision = entry?.revision ?? 0;
      if (renewed || this.#watching?.signal.aborted !== false) this.#watch(ring);
      this.#to.seen(created, entry);
      return true;
    } catch (error) {
      if (lost !== this.#lost) return true;
      if (error instanceof BusError && error.kind !== 'unreachable' && error.kind !== 'unavailable') {
        this.#to.refused(error);
        return true;
      }
      this.#to.unreachable(error);
      return false;
    }
  }

  /** Opens the watch anew from what was seen last; when it breaks, the next look opens another. */
  #watch(ring: () => void): void {
    this.#watching?.abort();
    const ending = new AbortController();
    this.#watching = ending;
    const hint = async (): Promise<void> => {
      const bucket = this.#bucket;
      if (bucket === undefined) return;
      const hints = bucket.watch(`config.${this.#options.key}`, this.#revision + 1, ending.signal);
      for await (const { revision } of hints) if (revision !== this.#revision) ring();
    };
    void hint()
      .catch((error: unknown) => {
        if (!ending.signal.aborted) this.#to.unwatched(error);
      })
      .finally(() => ending.abort());
  }
}

/**
 * When the stream was made, and the newest entry. What was asked of a leader that has just died is never answered, so it is
 * asked again, at first after a second, until a server shows that it is there; the first answer counts.
 */
function ask(bucket: Bucket, key: string): Promise<readonly [created: string, entry: Entry | undefined]> {
  return new Promise((resolve, reject) => {
    let wait = AGAIN;
    let timer: NodeJS.Timeout | undefined;
    const once = (): void => {
      timer = setTimeout(once, wait);
      wait *= LONGER;
      const created = bucket.created().finally(() => clearTimeout(timer));
      Promise.all([created, bucket.get(key)]).then(resolve, reject);
    };
    once();
  });
}
