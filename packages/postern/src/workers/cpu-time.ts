import { readFileSync } from 'node:fs';

/** Clock ticks in a second, as Linux shows times of processes. */
const TICKS = 100;

/** Milliseconds of CPU that a process has had; undefined where the system does not show it as Linux does. */
export function cpuTime(pid: number): number | undefined {
  try {
    // Fields count from behind the name, which may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const ticks = Number(fields[11]) + Number(fields[12]);
    return Number.isNaN(ticks) ? undefined : (ticks * 1000) / TICKS;
  } catch {
    return undefined;
  }
}
