/** What a signature algorithm takes: RFC 7518 section 3, RFC 8037 section 3.1, RFC 9864. */
export interface Algorithm {
  /** `kty` of its keys. */
  readonly kind: 'oct' | 'RSA' | 'EC' | 'OKP';
  /** `crv` of its keys, where the kind has several. */
  readonly curve?: string;
  /** Bytes that a secret must have at least: as many as the hash gives (RFC 7518 section 3.2). */
  readonly secretBytes?: number;
}

/** Algorithms of a secret that both sides know. */
export const SECRET_ALGORITHMS = ['HS256', 'HS384', 'HS512'] as const;

/** Algorithms of a key pair. `none` is in neither list, and there is no way to ask for it. */
export const KEY_PAIR_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

/** The name of an algorithm that a config may have. */
export type AlgorithmName = (typeof SECRET_ALGORITHMS)[number] | (typeof KEY_PAIR_ALGORITHMS)[number];

/** Every algorithm, by name. */
export const ALGORITHMS: Readonly<Record<AlgorithmName, Algorithm>> = {
  HS256: { kind: 'oct', secretBytes: 32 },
  HS384: { kind: 'oct', secretBytes: 48 },
  HS512: { kind: 'oct', secretBytes: 64 },
  RS256: { kind: 'RSA' },
  RS384: { kind: 'RSA' },
  RS512: { kind: 'RSA' },
  PS256: { kind: 'RSA' },
  PS384: { kind: 'RSA' },
  PS512: { kind: 'RSA' },
  ES256: { kind: 'EC', curve: 'P-256' },
  ES384: { kind: 'EC', curve: 'P-384' },
  ES512: { kind: 'EC', curve: 'P-521' },
  EdDSA: { kind: 'OKP', curve: 'Ed25519' },
  Ed25519: { kind: 'OKP', curve: 'Ed25519' },
};
