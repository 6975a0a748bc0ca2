import { createHash } from 'node:crypto';
import { constants, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** What a file holds at one moment, or why that cannot be said. Equal keys mean equal looks. */
export type Look =
  | { readonly kind: 'bytes'; readonly key: string; readonly bytes: Uint8Array }
  | { readonly kind: 'unreadable'; readonly key: string; readonly message: string; readonly fix: string };

// A document may have 8 MiB; one byte more is enough for the check to see that it is too long, and no file fills the memory.
const LONGEST = 8 * 1024 * 1024 + 1;

// A writer that does not rename leaves half a file behind for a moment: two equal looks this far apart count as whole.
const BETWEEN_LOOKS = 25;
const LOOKS = 20;

/** Reads the file once. Never throws: what went wrong is part of the look. */
async function look(path: string): Promise<Look> {
  try {
    // Without O_NONBLOCK, opening a pipe that nobody writes to would hold a thread for ever.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) return unreadable('ENOTFILE', 'is not a regular file');
      const bytes = Buffer.alloc(Math.min(stat.size, LONGEST));
      let end = 0;
      while (end < bytes.length) {
        const { bytesRead } = await file.read(bytes, end, bytes.length - end, end);
        if (bytesRead === 0) break;
        end += bytesRead;
      }
      const text = bytes.subarray(0, end);
      return { kind: 'bytes', key: keyOf(text), bytes: text };
    } finally {
      await file.close();
    }
  } catch (error) {
    return unreadable(codeOf(error), error instanceof Error ? error.message : String(error));
  }
}

/**
 * The key of what the file holds at this very moment: what a caller reads after this call is either that, or differs from
 * it and is seen by the next look. For small files that are read in this way at start only.
 */
export function keyNow(path: string): string {
  try {
    return keyOf(readFileSync(path));
  } catch (error) {
    return codeOf(error);
  }
}

function keyOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Looks until two looks agree, unless the first one shows what is known already. */
export async function settledLook(path: string, known: string): Promise<Look> {
  let before = await look(path);
  for (let looks = 1; looks < LOOKS && before.key !== known; looks += 1) {
    await delay(BETWEEN_LOOKS);
    const after = await look(path);
    if (after.key === before.key) return after;
    before = after;
  }
  return before;
}

const WORDS: Readonly<Record<string, readonly [message: string, fix: string]>> = {
  ENOENT: ['does not exist', 'create the file, or name another one'],
  EACCES: ['may not be read by the user of the gateway', 'give that user the right to read it'],
  EISDIR: ['is a directory', 'name a file in it'],
  ENOTFILE: ['is not a regular file', 'name a regular file'],
  ENOTDIR: ['does not exist: a part of its path is a file', 'name another file'],
  ELOOP: ['is a symbolic link that leads to itself', 'mend the link'],
};

function unreadable(code: string, detail: string): Look {
  const [message, fix] = WORDS[code] ?? [`cannot be read: ${detail}`, 'see to the disk or name another file'];
  return { kind: 'unreadable', key: code, message, fix };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'EIO';
}
