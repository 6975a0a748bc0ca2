import { scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { DEFAULT_COST, memoryOf, writeScrypt } from './scrypt-text.ts';
import type { Cost } from './scrypt-text.ts';

const derive = promisify<string, Uint8Array, number, object, Buffer>(scrypt);

/**
 * The scrypt hash of a password as documents hold it. `salt`: 16 to 64 random bytes that no other hash has. Takes as long as `cost`
 * says, off the event loop.
 */
export async function hashPassword(password: string, salt: Uint8Array, cost: Cost = DEFAULT_COST): Promise<string> {
  return writeScrypt({ ...cost, salt, hash: await deriveHash(password, { ...cost, salt }, 32) });
}

/** Derives that many bytes of a password. Passwords are compared in Unicode's form NFC, as RFC 7617 has them sent. */
export function deriveHash(
  password: string,
  { N, r, p, salt }: Cost & { readonly salt: Uint8Array },
  bytes: number,
): Promise<Uint8Array> {
  return derive(password.normalize('NFC'), salt, bytes, { N, r, p, maxmem: 2 * memoryOf({ N, r, p }) });
}
