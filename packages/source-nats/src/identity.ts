import { readFile } from 'node:fs/promises';
import { BusError } from './bucket.ts';

/** Bytes of a file that says who to be: credentials or an nkey seed. */
export interface Identity {
  /** What the file held when it was last of use. */
  current(): Uint8Array;
  /** Reads the file again: it may have been replaced. Never rejects: what cannot be used leaves what was there. */
  renew(): Promise<void>;
  /** When the credentials have run out by the clock here: half a sentence; otherwise nothing. */
  expiry(): string;
}

/** Reads the file, or rejects with a `BusError` that names it. `prove` throws on bytes that are of no use. */
export async function readIdentity(file: string, prove: (bytes: Uint8Array) => unknown): Promise<Identity> {
  let bytes = await read(file, prove);
  return {
    current: () => bytes,
    renew: async () => {
      bytes = await read(file, prove).catch(() => bytes);
    },
    expiry: () => expiryOf(file, bytes),
  };
}

async function read(file: string, prove: (bytes: Uint8Array) => unknown): Promise<Uint8Array> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BusError('unusable', `${file} cannot be read: ${reason}`, error);
  });
  // The client looks for plain line ends, one after the last line as well, and for a seed without any.
  const lines = text.replaceAll('\r\n', '\n').trim();
  const bytes = new TextEncoder().encode(lines.includes('\n') ? `${lines}\n` : lines);
  try {
    prove(bytes);
  } catch (error) {
    // The words of the client would quote what it read.
    throw new BusError('unusable', `${file} does not hold what it should: credentials, or the seed of an nkey`, error);
  }
  return bytes;
}

/** A server only says that it takes nobody by them. */
function expiryOf(file: string, bytes: Uint8Array): string {
  const [, claims] = /^[\w-]+\.([\w-]+)\.[\w-]+$/m.exec(new TextDecoder().decode(bytes)) ?? [];
  if (claims === undefined) return '';
  try {
    const parsed: unknown = JSON.parse(Buffer.from(claims, 'base64url').toString());
    const end: unknown = typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, 'exp') : undefined;
    if (typeof end !== 'number' || end === 0 || end * 1000 > Date.now()) return '';
    return `: ${file} expired at ${new Date(end * 1000).toISOString()}`;
  } catch {
    return '';
  }
}
