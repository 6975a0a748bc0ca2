import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** A key that may sign documents for a fleet, ready to verify with. */
export interface TrustedKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** A key, or what is wrong with the text that should be one, as the end of a sentence. */
export type ReadKey =
  | { readonly kind: 'key'; readonly key: KeyObject }
  | { readonly kind: 'not-a-key'; readonly reason: string };

/**
 * Reads a public key: PEM, or the base64 line that stands between the marks of a PEM. A private key is refused though its
 * public half could be had from it: where gateways read it, it has no business. Pure.
 */
export function readPublicKey(text: string): ReadKey {
  if (text.includes('PRIVATE KEY'))
    return { kind: 'not-a-key', reason: 'is a private key, and nodes need the public one' };
  try {
    const pem = text.includes('-----BEGIN');
    const der = { key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' } as const;
    return onlyEd25519(createPublicKey(pem ? text : der));
  } catch {
    return { kind: 'not-a-key', reason: 'is no public key' };
  }
}

/** Reads the private key that `keyPair` made, or any other ed25519 key in PEM. Pure. */
export function readPrivateKey(pem: string): ReadKey {
  if (pem.includes('ENCRYPTED'))
    return { kind: 'not-a-key', reason: 'is encrypted, and there is nobody to ask for the passphrase' };
  try {
    return onlyEd25519(createPrivateKey(pem));
  } catch {
    return { kind: 'not-a-key', reason: 'is no private key in PEM' };
  }
}

/** The name that a key has by itself: the first 16 hex digits of the SHA-256 of its public half. Pure. */
export function keyIdOf(key: KeyObject): string {
  return createHash('sha256').update(publicDer(key)).digest('hex').slice(0, 16);
}

/** A key pair: the private half as PEM, the public one as `trustedKeys` takes it. */
export function keyPair(): { readonly id: string; readonly privateKey: string; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    id: keyIdOf(publicKey),
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    publicKey: publicDer(publicKey).toString('base64'),
  };
}

function onlyEd25519(key: KeyObject): ReadKey {
  if (key.asymmetricKeyType === 'ed25519') return { kind: 'key', key };
  return { kind: 'not-a-key', reason: `is a key of the kind ${key.asymmetricKeyType}, not ed25519` };
}

function publicDer(key: KeyObject): Buffer {
  return (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'der', type: 'spki' });
}
