import { getHeapStatistics } from 'node:v8';

const MIB = 1024 * 1024;

/** Room for the young generation at most, where no flag says otherwise: three semi-spaces of 64 MiB, fewer on a small heap. */
const LARGEST_YOUNG = 192 * MIB;
const LARGEST_SHARE = 1 / 10;

/**
 * Bytes that the old generation of the heap may have: where they end, V8 ends the process. V8 tells only the sum with the young
 * one; where no flag says more, the guess is low: what is given up too early does less harm than what dies.
 */
export function oldGenerationLimit(): number {
  const { heap_size_limit: both } = getHeapStatistics();
  // The command line counts more than the environment.
  const flags = [process.env['NODE_OPTIONS'] ?? '', ...process.execArgv].join(' ');
  const old = lastOf(flags, /--max[-_]old[-_]space[-_]size[= ](\d+)/g);
  if (old !== undefined && old * MIB <= both) return old * MIB;
  const semi = lastOf(flags, /--max[-_]semi[-_]space[-_]size[= ](\d+)/g);
  const young = semi === undefined ? Math.min(LARGEST_YOUNG, both * LARGEST_SHARE) : 3 * semi * MIB;
  return Math.max(both - young, both / 2);
}

function lastOf(flags: string, flag: RegExp): number | undefined {
  const found = [...flags.matchAll(flag)].at(-1)?.[1];
  return found === undefined ? undefined : Number(found);
}
