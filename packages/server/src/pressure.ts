import { totalmem } from 'node:os';
import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { oldGenerationLimit } from './old-generation.ts';

const MIB = 1024 * 1024;

/** Bytes of the heap that are left out of all reckoning: V8 needs some to collect, and answers of 503 are made of something. */
const SPARE = 6 * MIB;

/** How much of what it has a process uses. Shares from 0 to 1 and beyond, milliseconds. */
export interface Pressure {
  /** Bytes that the heap of JavaScript may have: where it ends, the process dies. */
  readonly heapLimit: number;
  /** Of them. Takes some microseconds. */
  heap(): number;
  /** Of the memory of the machine or the container, buffers included. */
  memory(): number;
  /** Frees what nobody uses any more, at once. */
  collect(): void;
  /** Processor time of this thread so far. */
  cpu(): number;
  /** By a clock that only goes on. */
  now(): number;
}

/** Memory that was freed, and that the system has not got back, is used again: it counts up to this much beyond what is held. */
const HELD = 0.75;

/** What this process uses, of so many that share the machine. */
export function ownPressure(processes: number): Pressure {
  const heapLimit = oldGenerationLimit() - SPARE;
  const memoryLimit = Math.min(totalmem(), process.constrainedMemory() || Infinity) / processes;
  let collector: (() => void) | undefined;
  return {
    heapLimit,
    heap: () => heapInUse() / heapLimit,
    memory: () => {
      const { total_heap_size: heap, external_memory: external } = getHeapStatistics();
      return Math.min(residentMemory() ?? Infinity, (heap + external) / HELD) / memoryLimit;
    },
    collect: () => (collector ??= makeCollector())(),
    cpu: threadCpu,
    now: () => performance.now(),
  };
}

/** Bytes of this process in memory; undefined where nobody can tell: the system says it in a file, and there may be none left to open. */
export function residentMemory(): number | undefined {
  try {
    return process.memoryUsage.rss();
  } catch {
    return undefined;
  }
}

/**
 * What is young must fit into the old generation when it survives: the process dies when both together are over its limit. And
 * of the room between what is there, some is too small for what comes: half of it counts as if it were used.
 */
function heapInUse(): number {
  let inUse = 0;
  for (const space of getHeapSpaceStatistics()) {
    inUse += space.space_used_size;
    if (!space.space_name.startsWith('new_')) inUse += (space.space_size - space.space_used_size) / 2;
  }
  return inUse;
}

/** Node has no other call for it that a program can make of itself; made once, for the first who wants it. */
function makeCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const collector: unknown = runInNewContext('gc');
  return isCollector(collector) ? collector : () => undefined;
}

function isCollector(found: unknown): found is () => void {
  return typeof found === 'function';
}

function threadCpu(): number {
  // In Node 22 only the process as a whole says it: its other threads are busy for short times.
  const says: Partial<Pick<NodeJS.Process, 'threadCpuUsage'>> = process;
  const { user, system } = says.threadCpuUsage?.() ?? process.cpuUsage();
  return (user + system) / 1000;
}
