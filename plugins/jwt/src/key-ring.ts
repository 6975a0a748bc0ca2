import type { KeyObject } from 'node:crypto';
import { ALGORITHMS } from './algorithms.ts';
import { readKey } from './key-set.ts';
import type { PublicJwk } from './key-set.ts';
import { toMap } from './plain.ts';
import type { TokenHead } from './token.ts';

/** What a signature is checked with: a public key, or the bytes of a secret. */
export type CheckKey = KeyObject | Uint8Array;

/** Keys, ready to be looked up. One object for as long as the keys are the same: verified tokens are kept beside it. */
export interface KeyRing {
  /** The keys that may have signed a token, most often one. */
  find(head: TokenHead): readonly CheckKey[];
}

/** Keys that are tried for one token: of several without `kid`, or with the same one. Each costs a signature check. */
const MOST_TRIED = 4;

const NONE: readonly CheckKey[] = Object.freeze([]);

/** A ring of one secret. */
export function secretRing(secret: Uint8Array): KeyRing {
  const keys: readonly CheckKey[] = Object.freeze([secret]);
  return { find: ({ algorithm }) => (ALGORITHMS[algorithm].kind === 'oct' ? keys : NONE) };
}

const rings = new WeakMap<object, KeyRing>();

/** The ring of a key set, made once for each; undefined where it has no usable key. */
export function ringOf(set: object): KeyRing | undefined {
  let ring = rings.get(set);
  if (ring !== undefined) return ring;
  const keys = toMap(set)?.get('keys');
  const held = (Array.isArray(keys) ? keys : [])
    .map((jwk: unknown) => readKey(jwk))
    .flatMap((read) => (read.kind === 'usable' ? [read] : []));
  if (held.length === 0) return undefined;
  ring = {
    find: (head) =>
      held
        .filter(({ jwk }) => fits(jwk, head))
        .slice(0, MOST_TRIED)
        .map(({ key }) => key),
  };
  rings.set(set, ring);
  return ring;
}

/** A key counts for the algorithms of its kind, and where it names one for this one alone: so none is taken for another. */
function fits({ kty, crv, alg, kid }: PublicJwk, head: TokenHead): boolean {
  const { kind, curve } = ALGORITHMS[head.algorithm];
  if (kty !== kind || (curve !== undefined && crv !== curve)) return false;
  if (alg !== undefined && alg !== head.algorithm) return false;
  return head.keyId === undefined || kid === head.keyId;
}
