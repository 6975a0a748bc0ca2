import { getHeapSpaceStatistics } from 'node:v8';
import { oldGenerationLimit } from '@postern/server';

/** Spaces of what was made just now: a scavenge empties them, and they have room of their own. */
const YOUNG = new Set(['new_space', 'new_large_object_space']);

const LIMIT = oldGenerationLimit();

/** Bytes of what lives longer, and how many of them this process may have before V8 ends it. */
export function oldHeap(): { readonly heapUsed: number; readonly heapLimit: number } {
  let heapUsed = 0;
  for (const { space_name: name, space_used_size: size } of getHeapSpaceStatistics())
    if (!YOUNG.has(name)) heapUsed += size;
  return { heapUsed, heapLimit: LIMIT };
}
