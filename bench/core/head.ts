import { CONNECTIONS } from './load.ts';
import type { Options } from './options.ts';
import type { Results } from './results.ts';

/** How a run measures, in one line. */
export function methodOf({ rounds, turn, warmUp }: Options, upstream: string): string {
  const times = rounds === 1 ? '1 round' : `${rounds} rounds`;
  return `${times} in turns, ${turn / 1000} s a turn after ${warmUp / 1000} s of warm-up; ${CONNECTIONS} connections or streams; upstream: ${upstream}`;
}

/** What stands above the tables: the machine, the versions, what is missing. */
export function headLines({
  date,
  machine,
  method,
  versions,
  absent,
}: Omit<Results, 'rows' | 'gaps'>): readonly string[] {
  const { cores, model, memory, system, load } = machine;
  return [
    `${date}, ${cores} cores (${model}), ${memory}, ${system}, load average ${load}`,
    method,
    ...Object.entries(versions).map(([name, version]) => `${name} ${version}`),
    ...Object.entries(absent).map(([name, missing]) => `ABSENT ${name}: ${missing}`),
  ];
}
