import { problem } from '@postern/kit';
import type { Finding } from '@postern/kit';
import { ALGORITHMS, KEY_PAIR_ALGORITHMS } from './algorithms.ts';
import type { AlgorithmName } from './algorithms.ts';
import { toClaimHeaders } from './claim-headers.ts';
import type { ClaimHeader } from './claim-headers.ts';
import type { ClaimRules } from './claims.ts';
import { DEFAULT_KEYS_CACHE, DEFAULT_TOKEN_BYTES } from './config.ts';
import type { JwtConfig } from './config.ts';
import { checkJwks, checkSecret, checkUri } from './key-checks.ts';
import { secretRing } from './key-ring.ts';
import type { KeyRing } from './key-ring.ts';
import { toPlaces } from './place-rules.ts';
import type { Place } from './places.ts';

/** Where the keys come from. */
export type Keys =
  | { readonly kind: 'fixed'; readonly ring: KeyRing }
  /** `cache` in milliseconds. */
  | { readonly kind: 'fetched'; readonly uri: string; readonly cache: number };

/** What requests read. */
export interface Rules {
  readonly keys: Keys;
  /** By the text of `alg`. */
  readonly algorithms: ReadonlyMap<unknown, AlgorithmName>;
  readonly claims: ClaimRules;
  /** Milliseconds. */
  readonly clockTolerance: number;
  readonly places: readonly Place[];
  readonly headers: readonly ClaimHeader[];
  readonly requireConsumer: boolean;
  readonly hideCredentials: boolean;
  readonly tokenBytes: number;
}

/** Turns what people write into what requests read, with every problem found on the way. Pure. */
export function toRules(config: JwtConfig): {
  readonly rules: Rules | undefined;
  readonly problems: readonly Finding[];
} {
  const problems: Finding[] = [];
  const keys = toKeys(config, problems);
  const algorithms = toAlgorithms(config, problems);
  if (config.secret !== undefined) problems.push(...checkSecret(config.secret, algorithms));
  const places = toPlaces(config.from, problems);
  const headers = toClaimHeaders(config.claimsToHeaders ?? {}, problems);
  if (keys === undefined || problems.length > 0) return { rules: undefined, problems };
  const rules: Rules = {
    keys,
    algorithms: new Map(algorithms.map((name) => [name, name])),
    claims: {
      issuers: toSet(config.issuer),
      audiences: toSet(config.audience),
      required: config.requiredClaims ?? [],
    },
    clockTolerance: config.clockTolerance ?? 0,
    places,
    headers,
    requireConsumer: config.requireConsumer ?? false,
    hideCredentials: config.hideCredentials ?? false,
    tokenBytes: config.maxTokenSize ?? DEFAULT_TOKEN_BYTES,
  };
  return { rules, problems };
}

function toSet(wanted: string | readonly string[] | undefined): ReadonlySet<unknown> | undefined {
  if (wanted === undefined) return undefined;
  return new Set(typeof wanted === 'string' ? [wanted] : wanted);
}

function toKeys(config: JwtConfig, problems: Finding[]): Keys | undefined {
  const { jwksUri, jwks, secret } = config;
  const named = Object.keys(config).filter((key) => key === 'jwksUri' || key === 'jwks' || key === 'secret');
  if (named.length !== 1) {
    // Not at the secret, of which nothing is said: it is a reference most often.
    const last = named.findLast((key) => key !== 'secret');
    problems.push(
      problem({
        code: 'jwt/one-key-source',
        path: last === undefined ? [] : [last],
        atKey: last !== undefined,
        message:
          last === undefined
            ? 'there is nothing to check signatures with'
            : `${named.join(' and ')} are there, and only one of them can count`,
        fix: 'say one of jwksUri, jwks and secret',
      }),
    );
  }
  if (jwksUri !== undefined) {
    problems.push(...checkUri(jwksUri));
    return { kind: 'fetched', uri: jwksUri, cache: config.jwksCache ?? DEFAULT_KEYS_CACHE };
  }
  const read = jwks === undefined ? undefined : checkJwks(jwks);
  problems.push(...(read?.problems ?? []));
  const ring = read?.ring ?? (secret === undefined ? undefined : secretRing(new TextEncoder().encode(secret)));
  return ring === undefined ? undefined : { kind: 'fixed', ring };
}

/**
 * With a secret only its own algorithms, with public keys only those of key pairs: where both could count, somebody could sign with a
 * public key as if it were a secret.
 */
function toAlgorithms({ algorithms, secret }: JwtConfig, problems: Finding[]): readonly AlgorithmName[] {
  const shared = secret !== undefined;
  if (algorithms === undefined) return shared ? ['HS256'] : KEY_PAIR_ALGORITHMS;
  for (const [at, name] of algorithms.entries()) {
    if ((ALGORITHMS[name].kind === 'oct') === shared) continue;
    problems.push(
      problem({
        code: 'jwt/algorithm',
        path: ['algorithms', at],
        message: shared
          ? `${name} is checked with a public key, and there is a secret`
          : `${name} is checked with a secret, and there are public keys: whoever knows them could sign`,
        fix: shared ? 'say HS256, HS384 or HS512, or jwksUri in place of secret' : 'take it out, or say secret',
      }),
    );
  }
  return algorithms;
}
