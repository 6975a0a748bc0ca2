import { compactVerify } from 'jose/jws/compact/verify';
import type { CheckKey } from './key-ring.ts';
import { readJson, toClaims } from './plain.ts';
import type { TokenHead } from './token.ts';
import type { Claims } from '@postern/kit';

/** A token to be checked, and what it may have been signed with. */
export interface Unverified {
  readonly token: string;
  readonly head: TokenHead;
  readonly keys: readonly CheckKey[];
}

/**
 * Checks the signature (RFC 7515 section 5.2) and reads the claims; undefined where no key fits or what was signed is no set of
 * claims. Never rejects: whatever is wrong with a token or a key, the token does not count.
 */
export async function verify({ token, head, keys }: Unverified): Promise<Claims | undefined> {
  for (const key of keys) {
    const payload = await payloadOf(token, head, key);
    if (payload !== undefined) return toClaims(readJson(payload));
  }
  return undefined;
}

async function payloadOf(token: string, { algorithm }: TokenHead, key: CheckKey): Promise<Uint8Array | undefined> {
  try {
    return (await compactVerify(token, key, { algorithms: [algorithm] })).payload;
  } catch {
    return undefined;
  }
}
