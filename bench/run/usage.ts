import { readFileSync, readdirSync } from 'node:fs';

/** What a process and its descendants have used. */
export interface Usage {
  /** Processor time since they began, user and system. */
  readonly microseconds: number;
  readonly rss: number;
}

/** Microseconds of one tick of /proc/PID/stat: USER_HZ is 100 on every Linux. */
const TICK = 10_000;

/** A process and its descendants. */
export function treeOf(root: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const parent = Number.isInteger(pid) ? Number(statOf(pid)?.[1]) : Number.NaN;
    if (!Number.isNaN(parent)) parents.set(pid, parent);
  }
  const tree = [root];
  for (const pid of tree) for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  return tree;
}

/** The processor time and memory of a process and its descendants. */
export function usageOf(root: number): Usage {
  let microseconds = 0;
  let rss = 0;
  for (const pid of treeOf(root)) {
    microseconds += processorTime(pid);
    rss += Number(/^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
  }
  return { microseconds, rss };
}

/**
 * The scheduler counts nanoseconds for each thread that lives; the ticks of the process have those of ended threads and of
 * ended children too. Neither counts more than was used: the larger of the two is the better one.
 */
function processorTime(pid: number): number {
  const fields = statOf(pid) ?? [];
  const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at] ?? 0), 0);
  let nanoseconds = 0;
  for (const thread of list(`/proc/${pid}/task`))
    nanoseconds += Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0] ?? 0);
  return Math.max(ticks * TICK, nanoseconds / 1000);
}

/** Kills a process and its descendants by their ids, the children first known: a killed master leaves its workers behind. */
export function killTree(pid: number): void {
  for (const id of treeOf(pid)) {
    try {
      process.kill(id, 'SIGKILL');
    } catch {
      // It ended in between.
    }
  }
}

/** The fields of /proc/PID/stat from the state on: the name before it may hold anything. */
function statOf(pid: number): readonly string[] | undefined {
  const text = read(`/proc/${pid}/stat`);
  const end = text.lastIndexOf(') ');
  return end < 0 ? undefined : text.slice(end + 2).split(' ');
}

/** Processes end while they are looked at. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
