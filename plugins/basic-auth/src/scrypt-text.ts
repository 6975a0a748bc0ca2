/** What one scrypt hash costs (RFC 7914): memory is 128 * N * r bytes, time grows with N * r * p. */
export interface Cost {
  /** A power of two. */
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** A hashed password. */
export interface ScryptHash extends Cost {
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

/** Why a text is no hash that requests may be checked against. */
export interface BadHash {
  readonly code: 'hash' | 'hash-cost';
  readonly message: string;
}

/** What `postern hash` uses: 16 MiB, and the least work that OWASP takes for scrypt. */
export const DEFAULT_COST: Cost = { N: 16_384, r: 8, p: 5 };

/** N * r * p of the costliest hash: some tenths of a second. A document must not make a request cost more. */
const MOST_WORK = 2 ** 20;
/** Bytes of the one that needs most memory; four run at once. */
const MOST_MEMORY = 128 * 1024 * 1024;
/** N of the cheapest: below it a hash is nearly as good as the password itself. */
const LEAST_N = 1024;

const TEXT = /^scrypt:N=([1-9]\d{0,9}):r=([1-9]\d{0,3}):p=([1-9]\d{0,3}):([\w-]+):([\w-]+)$/;

/** Whether a credential says that it is a hash, well formed or not. */
export function looksHashed(password: string): boolean {
  return password.startsWith('scrypt:');
}

/** Bytes that a hash needs while it is made. */
export function memoryOf({ N, r }: Cost): number {
  return 128 * N * r;
}

/** How much work a hash is, to compare two. */
export function workOf({ N, r, p }: Cost): number {
  return N * r * p;
}

/** Reads `scrypt:N=16384:r=8:p=5:<salt>:<hash>`, salt and hash in base64url. Pure. */
export function readScrypt(text: string): ScryptHash | BadHash {
  const [, N = '', r = '', p = '', salt = '', hash = ''] = TEXT.exec(text) ?? [];
  const read = { N: Number(N), r: Number(r), p: Number(p), salt: bytesOf(salt), hash: bytesOf(hash) };
  if (N === '') return { code: 'hash', message: 'scrypt: is followed by something else than N, r, p, salt and hash' };
  if (read.salt.length < 16 || read.salt.length > 64 || read.hash.length < 32 || read.hash.length > 64)
    return { code: 'hash', message: 'the salt has 16 to 64 bytes, the hash 32 to 64, in base64url' };
  const bad = costProblem(read);
  return bad === undefined ? read : { code: 'hash-cost', message: bad };
}

/** Writes what `readScrypt` reads. */
export function writeScrypt({ N, r, p, salt, hash }: ScryptHash): string {
  return `scrypt:N=${N}:r=${r}:p=${p}:${textOf(salt)}:${textOf(hash)}`;
}

/** Why no request may cost that; undefined when one may. */
function costProblem(cost: Cost): string | undefined {
  if (Math.log2(cost.N) % 1 !== 0 || cost.N < LEAST_N) return `N is a power of two and ${LEAST_N} or more`;
  if (memoryOf(cost) > MOST_MEMORY) return `N=${cost.N} with r=${cost.r} needs more than 128 MiB for each request`;
  if (workOf(cost) > MOST_WORK) return `N * r * p is ${workOf(cost)}: more than ${MOST_WORK} take a request too long`;
  return undefined;
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'base64url');
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
