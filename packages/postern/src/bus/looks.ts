import { BusError, bell } from '@postern/source-nats';
import type { Bucket, Bus } from '@postern/source-nats';

/** What to look at, and where something may hint that another look is worth it. */
export interface Sight<Seen> {
  readonly bus: Bus;
  readonly watched: readonly { readonly bucket: Bucket; readonly key: string }[];
  look(): Promise<Seen>;
}

/** What a look showed; `away` when the server did not answer, which is said once until it does. */
export type Look<Seen> = { readonly kind: 'seen'; readonly seen: Seen } | { readonly kind: 'away' };

/** Milliseconds between two looks when nothing hints: watches go deaf, and some accounts may not watch. */
const LOOK_AGAIN = 3000;

/**
 * Looks at once, at every hint, after each reconnect and every few seconds, until the signal; it ends on time also while a
 * look is under way. What a watch says is a hint only, so what was missed while the server was away does no harm.
 * Rejects with what a look rejects with, except that the server is out of reach.
 */
export async function* looks<Seen>(
  sight: Sight<Seen>,
  signal: AbortSignal,
): AsyncGenerator<Look<Seen>, void, undefined> {
  const ending = new AbortController();
  const until = AbortSignal.any([signal, ending.signal]);
  const { ring, rung } = bell(until);
  const connection = new Connection(sight, { ring, until });
  let away = false;
  try {
    while (!until.aborted) {
      const looked = await Promise.race([sight.look().then(seen, outOfReach), connection.broken()]);
      if (until.aborted) return;
      if (looked.kind === 'seen' || !away) yield looked;
      away = looked.kind === 'away';
      await rung(LOOK_AGAIN);
    }
  } finally {
    ending.abort();
  }
}

const AWAY = { kind: 'away' } as const;

function seen<Seen>(what: Seen): Look<Seen> {
  return { kind: 'seen', seen: what };
}

function outOfReach(error: unknown): typeof AWAY {
  if (error instanceof BusError && (error.kind === 'unreachable' || error.kind === 'unavailable')) return AWAY;
  throw error;
}

/** Rings at every hint, and opens the watches anew after a reconnect: the client's own stay blind for seconds. */
class Connection {
  readonly #sight: Sight<unknown>;
  readonly #ring: () => void;
  readonly #until: AbortSignal;
  #watching = new AbortController();
  #broken = Promise.withResolvers<typeof AWAY>();

  constructor(sight: Sight<unknown>, { ring, until }: { readonly ring: () => void; readonly until: AbortSignal }) {
    this.#sight = sight;
    this.#ring = ring;
    this.#until = until;
    until.addEventListener('abort', () => {
      this.#watching.abort();
      this.#broken.resolve(AWAY);
    });
    this.#watch();
    void this.#hear().catch(() => undefined);
  }

  /** Resolves when the connection breaks, or has to be given up: what was asked over it is never answered. */
  broken(): Promise<typeof AWAY> {
    return this.#broken.promise;
  }

  async #hear(): Promise<void> {
    for await (const { kind } of this.#sight.bus.changes()) {
      if (this.#until.aborted) return;
      if (kind === 'disconnected') this.#broken.resolve(AWAY);
      if (kind === 'reconnected') {
        this.#broken = Promise.withResolvers();
        this.#watch();
      }
      this.#ring();
    }
  }

  #watch(): void {
    this.#watching.abort();
    this.#watching = new AbortController();
    if (this.#until.aborted) this.#watching.abort();
    for (const { bucket, key } of this.#sight.watched)
      void this.#hint(bucket.watch(key, undefined, this.#watching.signal)).catch(() => undefined);
  }

  async #hint(events: AsyncIterable<unknown>): Promise<void> {
    const reader = events[Symbol.asyncIterator]();
    while ((await reader.next()).done !== true) this.#ring();
  }
}
