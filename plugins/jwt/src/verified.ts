import { LRUCache } from 'lru-cache';
import type { Claims, Consumer } from '@postern/kit';
import type { Lifetime } from './claims.ts';
import type { KeyRing } from './key-ring.ts';

/** A token whose signature and claims were found good, with all that follows from it. */
export interface Verified extends Lifetime {
  /** The keys that it was checked with: once they change it is checked again. */
  readonly ring: KeyRing;
  readonly claims: Claims;
  readonly consumer: Consumer | undefined;
  /** Name, value, name, value: what the upstream is told. */
  readonly headers: readonly string[];
}

const MOST_TOKENS = 10_000;

/** Characters of all tokens and claims that are kept. */
const MOST_CHARACTERS = 16 * 1024 * 1024;

/** What an entry takes beside its texts. */
const ENTRY = 500;

/** The tokens that were verified last: a token that comes again costs no signature check. */
export function verifiedTokens(): LRUCache<string, Verified> {
  return new LRUCache<string, Verified>({
    max: MOST_TOKENS,
    maxSize: MOST_CHARACTERS,
    // Claims are about as long as the token that they came in; header values are a part of them, three times as long at most.
    sizeCalculation: (_verified, token) => 5 * token.length + ENTRY,
  });
}

/** A copy that holds on to nothing else: a token is cut out of the head of its request, which would be kept with it. */
export function ownCopy(token: string): string {
  return Buffer.from(token, 'latin1').toString('latin1');
}
