import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';

const MEBIBYTE = 1024 * 1024;

/** Spaces of what was made just now: a scavenge empties them, and they have room of their own. */
const YOUNG = new Set(['new_space', 'new_large_object_space']);

/** What V8 adds to the limit of the old generation for the young one, at most: three semi-spaces of 64 MiB. */
const YOUNG_RESERVE = 192 * MEBIBYTE;

/** Bytes of what lives longer, and how many of them this process may have before V8 ends it. */
export function oldHeap(): { readonly heapUsed: number; readonly heapLimit: number } {
  let heapUsed = 0;
  for (const { space_name: name, space_used_size: size } of getHeapSpaceStatistics())
    if (!YOUNG.has(name)) heapUsed += size;
  return { heapUsed, heapLimit: LIMIT };
}

/**
 * V8 tells its limit only together with the room for the young generation, which on a small heap is more than the rest. Where
 * somebody has set the limit it is known; else the least that it can be.
 */
function oldHeapLimit(options: readonly string[], whole: number): number {
  let limit = Math.max(whole / 2, whole - YOUNG_RESERVE);
  for (const option of options) {
    const [, mebibytes] = /^--max[-_]old[-_]space[-_]size=(\d+)$/.exec(option) ?? [];
    if (mebibytes !== undefined) limit = Number(mebibytes) * MEBIBYTE;
  }
  return limit;
}

// The command line counts more than the environment.
const OPTIONS = [...(process.env['NODE_OPTIONS'] ?? '').split(/\s+/), ...process.execArgv];
const LIMIT = oldHeapLimit(OPTIONS, getHeapStatistics().heap_size_limit);
