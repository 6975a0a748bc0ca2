import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { toMap } from './plain.ts';

/** A public key of a JSON Web Key Set (RFC 7517): the members that count, as they came. Plain data. */
export interface PublicJwk {
  readonly kty: string;
  readonly kid?: string;
  readonly alg?: string;
  readonly crv?: string;
  readonly n?: string;
  readonly e?: string;
  readonly x?: string;
  readonly y?: string;
}

/** The keys of a set that signatures can be checked with. Plain data, so that a decision can be replayed with it. */
export interface KeySet {
  readonly keys: readonly PublicJwk[];
}

/** A key that was read, or why it is no key to check signatures with. */
export type ReadKey =
  | { readonly kind: 'usable'; readonly jwk: PublicJwk; readonly key: KeyObject }
  /** For something else: encryption, a kind that is not known here. */
  | { readonly kind: 'other' }
  | { readonly kind: 'wrong'; readonly reason: WrongKey };

/** What is wrong with a key. */
export type WrongKey = 'no-map' | 'symmetric' | 'private' | 'weak' | 'unreadable';

/** Keys of one set: one that has more is none that an issuer made. */
const MOST_KEYS = 100;

// RFC 7518 section 3.3 asks for 2048 bits or more; with more than 8192 every check would take milliseconds.
const FEWEST_BITS = 2048;
const MOST_BITS = 8192;

const KINDS: ReadonlySet<unknown> = new Set(['RSA', 'EC', 'OKP']);
const MEMBERS = ['kid', 'alg', 'crv', 'n', 'e', 'x', 'y'] as const;
// Of all kinds: RFC 7518 section 6, RFC 8037 section 2.
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const;

/** Reads the set that an issuer publishes, its usable keys alone; undefined where there is none in it. Never throws. */
export function readKeySet(value: unknown): KeySet | undefined {
  const keys = toMap(value)?.get('keys');
  if (!Array.isArray(keys) || keys.length > MOST_KEYS) return undefined;
  const usable = keys.map(readKey).flatMap((read) => (read.kind === 'usable' ? [read.jwk] : []));
  return usable.length === 0 ? undefined : { keys: usable };
}

/** Reads one key. A private key is public no longer where it is published: what it signs counts for nothing. */
export function readKey(value: unknown): ReadKey {
  const members = toMap(value);
  if (members === undefined) return { kind: 'wrong', reason: 'no-map' };
  const kty = members.get('kty');
  if (kty === 'oct') return { kind: 'wrong', reason: 'symmetric' };
  if (PRIVATE_MEMBERS.some((name) => members.has(name))) return { kind: 'wrong', reason: 'private' };
  if (typeof kty !== 'string' || !KINDS.has(kty) || !isForSignatures(members)) return { kind: 'other' };
  const jwk: Record<string, string> & { kty: string } = { kty };
  for (const name of MEMBERS) {
    const member = members.get(name);
    if (member === undefined) continue;
    if (typeof member !== 'string') return { kind: 'wrong', reason: 'unreadable' };
    jwk[name] = member;
  }
  return withKey(jwk);
}

/** RFC 7517 sections 4.2 and 4.3. */
function isForSignatures(members: ReadonlyMap<string, unknown>): boolean {
  const operations = members.get('key_ops');
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return false;
  return members.get('use') === undefined || members.get('use') === 'sig';
}

function withKey(jwk: PublicJwk): ReadKey {
  try {
    const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
    const bits = key.asymmetricKeyDetails?.modulusLength;
    if (bits !== undefined && (bits < FEWEST_BITS || bits > MOST_BITS)) return { kind: 'wrong', reason: 'weak' };
    return { kind: 'usable', jwk, key };
  } catch {
    return { kind: 'wrong', reason: 'unreadable' };
  }
}
