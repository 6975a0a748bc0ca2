import type { AlgorithmName } from './algorithms.ts';
import { readJson, toMap } from './plain.ts';

/** What the header of a token says that counts here. Nothing of it is trusted: it only picks among the keys of the config. */
export interface TokenHead {
  readonly algorithm: AlgorithmName;
  readonly keyId: string | undefined;
}

/** The compact form of a JWS (RFC 7515 section 7.1): three parts of base64url, none of them empty. */
const COMPACT = /^([\w-]+)\.[\w-]+\.[\w-]+$/;

/**
 * Reads the header of a token; undefined where it is none that may count: an algorithm that is not among `allowed`, an extension
 * (`crit`, `b64`: RFC 7515 section 4.1.11, RFC 7797), of which there are none here. Keys in it (`jwk`, `jku`, `x5c`, `x5u`) are
 * never looked at.
 */
export function readHead(token: string, allowed: ReadonlyMap<unknown, AlgorithmName>): TokenHead | undefined {
  const [, first] = COMPACT.exec(token) ?? [];
  if (first === undefined) return undefined;
  const members = toMap(readJson(Buffer.from(first, 'base64url')));
  if (members === undefined || members.has('crit') || members.has('b64')) return undefined;
  const algorithm = allowed.get(members.get('alg'));
  const keyId = members.get('kid');
  if (algorithm === undefined || (keyId !== undefined && typeof keyId !== 'string')) return undefined;
  return { algorithm, keyId };
}
