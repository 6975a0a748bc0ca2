import type { CompileContext, Exchange } from '@postern/kit';
import { loadUndici } from './fetch-keys.ts';
import { ringOf } from './key-ring.ts';
import type { KeyRing } from './key-ring.ts';
import type { KeySource } from './key-source.ts';
import { KeySources } from './key-sources.ts';
import { toMap } from './plain.ts';
import type { Keys } from './rules.ts';

/** The keys as a request gets them, or the seconds after which there may be some. */
export type HeldKeys = KeyRing | { readonly retryAfter: number };

/** Gives requests their keys. A promise only where they have to be fetched first. */
export interface KeyProvider {
  keys(exchange: Exchange): HeldKeys | Promise<HeldKeys>;
  /** The keys once more, for a token that none of them fits; absent where they cannot change. */
  again?(exchange: Exchange): HeldKeys | Promise<HeldKeys>;
  readonly close?: () => void;
}

/** Makes the provider of a policy: fixed keys are at hand, others are asked for on every request, so that decisions replay. */
export function toKeyProvider(keys: Keys, context: CompileContext): KeyProvider {
  if (keys.kind === 'fixed') return { keys: () => keys.ring };
  // What cannot be loaded says so on the first request.
  loadUndici().catch(() => undefined);
  const sources = context.keep(
    'key-sources',
    () => new KeySources(),
    (kept) => kept.close(),
  );
  const fetched = context.counter('keys_fetched');
  const failed = context.counter('keys_failed');
  const source = sources.use(keys, {
    fetched,
    failed(reason) {
      failed();
      context.write({ msg: 'keys not fetched', policy: context.policy, reason });
    },
  });
  return { ...asking(source), close: () => sources.release(keys) };
}

/** Asks by functions that are made once: the time of the request, which they need, is at hand because `ask` runs them at once. */
function asking(source: KeySource): KeyProvider {
  let now = 0;
  const read = (): unknown => source.read(now);
  const seek = (): unknown => source.seek(now);
  return {
    keys: function askForKeys(exchange) {
      now = exchange.now;
      return held(exchange.ask('keys', read));
    },
    again: function askForKeysAgain(exchange) {
      now = exchange.now;
      return held(exchange.ask('keys again', seek));
    },
  };
}

/** What was answered, by the source, by a record or by a test: nothing of its shape is taken for granted. */
function held(answer: unknown): HeldKeys | Promise<HeldKeys> {
  return answer instanceof Promise ? answer.then(toHeld, () => NO_KEYS) : toHeld(answer);
}

const NO_KEYS: HeldKeys = Object.freeze({ retryAfter: 1 });

function toHeld(answer: unknown): HeldKeys {
  if (typeof answer !== 'object' || answer === null) return NO_KEYS;
  const ring = ringOf(answer);
  if (ring !== undefined) return ring;
  const seconds = toMap(answer)?.get('retryAfter');
  return typeof seconds === 'number' ? { retryAfter: seconds } : NO_KEYS;
}
