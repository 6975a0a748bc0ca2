import { createHmac, generateKeyPairSync, sign as signBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Answer } from '@postern/kit/testkit';
import { CompactSign } from 'jose';
import type { CompactJWSHeaderParameters } from 'jose';

/** The first of January 2026 in seconds: the clock of `tryPlugin`. */
export const NOW = Date.UTC(2026, 0, 1) / 1000;

/** A key pair of an issuer. */
export interface Pair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** The public key as it is published. */
  readonly jwk: Record<string, unknown>;
}

export type Kind = 'rsa' | 'p256' | 'p384' | 'p521' | 'ed25519';

const MADE: Readonly<Record<Kind, () => Omit<Pair, 'jwk'>>> = {
  rsa: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  p256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  p384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  p521: () => generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  ed25519: () => generateKeyPairSync('ed25519'),
};

/** Makes a key pair; `about` stands in what is published beside the key itself. */
export function pairOf(kind: Kind, about: Record<string, unknown> = {}): Pair {
  const { privateKey, publicKey } = MADE[kind]();
  return { privateKey, publicKey, jwk: { ...publicKey.export({ format: 'jwk' }), ...about } };
}

/** A secret that is long enough for every algorithm. */
export const SECRET = 'a secret of sixty-four bytes, as HS512 wants it: 0123456789abcdef';

/** Claims that are good at `NOW`. */
export const CLAIMS = { iss: 'https://issuer.test', aud: 'shop', sub: 'alice', exp: NOW + 60 };

/** Signs claims, or a text in their place, as an issuer does. */
export function token(
  header: CompactJWSHeaderParameters,
  key: KeyObject | string,
  claims: object | string = CLAIMS,
): Promise<string> {
  const payload = new TextEncoder().encode(typeof claims === 'string' ? claims : JSON.stringify(claims));
  return new CompactSign(payload)
    .setProtectedHeader(header)
    .sign(typeof key === 'string' ? new TextEncoder().encode(key) : key);
}

/** A token that no library would make: any header, and a good signature over it all the same. */
export function forged(header: object | string, key: KeyObject | string, claims: object | string = CLAIMS): string {
  const input = `${part(header)}.${part(claims)}`;
  const signature =
    typeof key === 'string'
      ? createHmac('sha256', key).update(input).digest()
      : signBytes(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', Buffer.from(input), {
          key,
          dsaEncoding: 'ieee-p1363',
        });
  return `${input}.${signature.toString('base64url')}`;
}

/** One part of a token. */
export function part(value: object | string): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

/** Status and code of an answer; the status alone where the upstream answered. */
export function said({ status, body }: Answer): string {
  return status === 200 ? '200' : `${status} ${String(JSON.parse(body).code)}`;
}

/** Headers of a request that shows a token. */
export function bearer(text: string): { readonly authorization: string } {
  return { authorization: `Bearer ${text}` };
}
