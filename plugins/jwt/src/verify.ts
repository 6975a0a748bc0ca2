import type { compactVerify } from 'jose/jws/compact/verify';
import type { CheckKey } from './key-ring.ts';
import { readJson, toClaims } from './plain.ts';
import type { TokenHead } from './token.ts';
import type { Claims } from '@postern/kit';

interface Jose {
  readonly compactVerify: typeof compactVerify;
}

let loading: Promise<Jose> | undefined;

/**
 * Loads what checks signatures: on behalf of the first policy that will need it, for it takes 7 ms of a start (all of `jose` 35), and
 * most gateways have no such policy.
 */
export function loadJose(): Promise<Jose> {
  loading ??= import('jose/jws/compact/verify');
  return loading;
}

/** A token to be checked, and what it may have been signed with. */
export interface Unverified {
  readonly token: string;
  readonly head: TokenHead;
  readonly keys: readonly CheckKey[];
}

/**
 * Checks the signature (RFC 7515 section 5.2) and reads the claims; undefined where no key fits or what was signed is no set of
 * claims. Whatever is wrong with a token or a key, the token does not count.
 */
export async function verify({ token, head, keys }: Unverified): Promise<Claims | undefined> {
  for (const key of keys) {
    const payload = await payloadOf(token, head, key);
    if (payload !== undefined) return toClaims(readJson(payload));
  }
  return undefined;
}

async function payloadOf(token: string, { algorithm }: TokenHead, key: CheckKey): Promise<Uint8Array | undefined> {
  const jose = await loadJose();
  try {
    return (await jose.compactVerify(token, key, { algorithms: [algorithm] })).payload;
  } catch {
    return undefined;
  }
}
