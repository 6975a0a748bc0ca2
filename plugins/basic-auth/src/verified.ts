// oxlint-disable-next-line no-restricted-imports -- a secret of this process: no decision depends on which it is
import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { User } from './credentials.ts';
import { deriveHash } from './hash-password.ts';
import type { ScryptHash } from './scrypt-text.ts';
import type { Shown } from './shown.ts';
import type { Slots } from './slots.ts';

/** Milliseconds for which a password that was right need not be hashed again. */
const REMEMBERED = 60_000;
const MOST_REMEMBERED = 10_000;

/** A question whether a password is right. */
export interface Question {
  readonly user: User;
  readonly hash: ScryptHash;
  readonly shown: Shown;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Room to hash in. */
export interface Room {
  readonly slots: Slots;
  /** Counts one hash. */
  readonly count: () => void;
}

/**
 * Credentials that were right within the last minute, under a key that only this process has: nothing here shows a password. What was
 * wrong is not kept, or whoever guesses could push out what was right.
 */
export class Verified {
  // An object: of plain bytes Node makes one for each HMAC, which costs seven times as much.
  readonly #key = createSecretKey(randomBytes(32));
  readonly #since = new LRUCache<string, number>({ max: MOST_REMEMBERED });
  /** Hashes under way: a client that asks for twenty things at once needs one. */
  readonly #pending = new Map<string, Promise<boolean>>();

  /** What these credentials are remembered by. The hash is a part of it: a changed password is another credential. */
  keyOf({ user, shown }: Question): string {
    // Neither name nor password has a control character.
    const text = `${user.text}\0${shown.username}\0${shown.password}`;
    return createHmac('sha256', this.#key).update(text).digest('base64');
  }

  /** Whether they were right lately. */
  remembers(key: string, now: number): boolean {
    const since = this.#since.get(key);
    // A clock that was set back makes no minute longer.
    return since !== undefined && now >= since && now - since < REMEMBERED;
  }

  /** Hashes the password and says whether it is right; `busy` where there is no room for one more hash. */
  ask(key: string, question: Question, { slots, count }: Room): Promise<boolean> | 'busy' {
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending;
    if (!slots.take()) return 'busy';
    count();
    const answer = this.#hash(key, question).finally(() => {
      slots.give();
      this.#pending.delete(key);
    });
    this.#pending.set(key, answer);
    return answer;
  }

  async #hash(key: string, { user, hash, shown, now }: Question): Promise<boolean> {
    const derived = await deriveHash(shown.password, hash, hash.hash.length);
    const right = timingSafeEqual(derived, hash.hash) && user.known !== undefined;
    if (right) this.#since.set(key, now);
    return right;
  }

  /** Whether two texts are the same, in a time that tells nothing about either. */
  isSame(one: string, other: string): boolean {
    const digest = (text: string): Uint8Array => createHmac('sha256', this.#key).update(text).digest();
    return timingSafeEqual(digest(one), digest(other));
  }
}
