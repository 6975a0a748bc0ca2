import { timingSafeEqual } from 'node:crypto';
import type { Consumer, KnownConsumer } from '@postern/kit';
import { digestOf, digestOfShown, isDigest } from './digest.ts';

/** Characters of the longest key that is looked up; hashing stays cheap whatever a client sends. */
export const LONGEST_KEY = 1024;

/** Keys whose owners are remembered; over that, the one that came first is hashed again when it is shown again. */
const MOST_REMEMBERED = 10_000;

/** One credential of a consumer: the key, or its digest. */
export interface Credential {
  readonly key: string;
}

/** The digest of a credential, whichever form it has. */
export function credentialDigest({ key }: Credential): string {
  return isDigest(key) ? key : digestOf(key);
}

interface Known {
  readonly consumer: Consumer | undefined;
  readonly digest: Uint8Array;
}

// Looked up where nothing is known, so that an unknown key costs what a known one costs.
const NOBODY: Known = { consumer: undefined, digest: Buffer.from(`sha256:${'0'.repeat(64)}`) };

/**
 * The consumers by the digests of their keys. A lookup hashes what was shown before anything is compared: what can be told by its
 * time is about a digest, which no client can choose. A key that proved right once is found by itself from then on, in a table whose
 * own hash is seeded by chance: only who knows a key can show one that is compared with it.
 */
export class KnownKeys {
  readonly #byDigest: ReadonlyMap<string, Known>;
  readonly #proved = new Map<string, Consumer>();

  constructor(consumers: readonly KnownConsumer<Credential>[]) {
    this.#byDigest = new Map(
      consumers.map(({ consumer, credential }) => {
        const digest = credentialDigest(credential);
        return [digest, { consumer, digest: Buffer.from(digest) }];
      }),
    );
  }

  /** Whose key that is; undefined when it is nobody's. */
  ownerOf(shown: string): Consumer | undefined {
    return this.#proved.get(shown) ?? this.#lookUp(shown);
  }

  #lookUp(shown: string): Consumer | undefined {
    if (shown.length > LONGEST_KEY) return undefined;
    const digest = digestOfShown(shown);
    const known = this.#byDigest.get(digest) ?? NOBODY;
    if (!timingSafeEqual(Buffer.from(digest), known.digest) || known.consumer === undefined) return undefined;
    const [oldest] = this.#proved.size < MOST_REMEMBERED ? [] : this.#proved.keys();
    if (oldest !== undefined) this.#proved.delete(oldest);
    // A copy: what stands in a request may be a piece of its whole head, which would be kept along.
    this.#proved.set(Buffer.from(shown, 'latin1').toString('latin1'), known.consumer);
    return known.consumer;
  }
}
