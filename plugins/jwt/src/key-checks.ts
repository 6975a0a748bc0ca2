import { problem } from '@postern/kit';
import type { Finding } from '@postern/kit';
import { ALGORITHMS } from './algorithms.ts';
import type { AlgorithmName } from './algorithms.ts';
import type { JwtConfig } from './config.ts';
import { ringOf } from './key-ring.ts';
import type { KeyRing } from './key-ring.ts';
import { readKey } from './key-set.ts';
import type { WrongKey } from './key-set.ts';

const WRONG: Readonly<Record<WrongKey, readonly [message: string, fix: string]>> = {
  'no-map': ['a key is a map', 'write it as a JSON Web Key: kty and its members'],
  symmetric: ['a symmetric key is a secret, and this list is for public keys', 'say secret in place of jwks'],
  private: [
    'this is a private key: whoever reads the document can sign tokens',
    'make a new pair, and write its public key: without d and the members behind it',
  ],
  weak: ['an RSA key has 2048 to 8192 bits here', 'use a key of 2048 bits or more, or an elliptic curve'],
  unreadable: ['the members of the key make no key', 'copy it again from where it is published'],
};

/** Reads a key set that stands in the document. */
export function checkJwks(jwks: NonNullable<JwtConfig['jwks']>): {
  readonly ring: KeyRing | undefined;
  readonly problems: readonly Finding[];
} {
  const problems: Finding[] = [];
  for (const [at, jwk] of jwks.keys.entries()) {
    const read = readKey(jwk);
    if (read.kind !== 'wrong') continue;
    const [message, fix] = WRONG[read.reason];
    problems.push(problem({ code: 'jwt/key', path: ['jwks', 'keys', at], message, fix }));
  }
  const ring = ringOf(jwks);
  if (ring === undefined && problems.length === 0) {
    problems.push(
      problem({
        code: 'jwt/no-key',
        path: ['jwks', 'keys'],
        message: 'none of the keys is for signatures: kty RSA, EC or OKP, use sig or absent',
        fix: 'add the public key that tokens are signed with',
      }),
    );
  }
  return { ring, problems };
}

/** The longest algorithm decides: a secret shorter than its hash can be guessed sooner than the hash says. */
export function checkSecret(secret: string, algorithms: readonly AlgorithmName[]): readonly Finding[] {
  const bytes = new TextEncoder().encode(secret).length;
  const wanted = Math.max(...algorithms.map((name) => ALGORITHMS[name].secretBytes ?? 0));
  if (bytes >= wanted) return [];
  return [
    problem({
      code: 'jwt/secret-too-short',
      path: ['secret'],
      message: `the secret has ${bytes} bytes, and its algorithm wants ${wanted} or more (RFC 7518 section 3.2)`,
      fix: `make one: openssl rand -base64 ${wanted}`,
    }),
  ];
}

/** A URL that keys can be fetched from. The value stays out of messages: it may come from a reference. */
export function checkUri(uri: string): readonly Finding[] {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  const message =
    url === undefined
      ? 'this is no URL'
      : url.protocol !== 'https:' && url.protocol !== 'http:'
        ? 'keys are fetched over https or http'
        : url.username !== '' || url.password !== ''
          ? 'a user name and a password in a URL are sent to nobody'
          : undefined;
  if (message === undefined) return [];
  const fix = 'write for example https://issuer.example.com/.well-known/jwks.json';
  return [problem({ code: 'jwt/jwks-uri', path: ['jwksUri'], message, fix })];
}
