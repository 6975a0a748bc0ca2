import type { WorkerStatus } from '@postern/model';
import { Watch } from './watch.ts';
import type { WorkerProcess } from './worker-process.ts';

/** One place for a worker, whoever is in it. */
export interface Place {
  readonly id: number;
  worker: WorkerProcess | undefined;
  /** Who starts beside the one that serves, to take its place. */
  successor: WorkerProcess | undefined;
  watch: Watch;
  restarts: number;
  /** Ends in a row, each soon after its start: deaths, and workers that had to be replaced for their memory. */
  endsInARow: number;
  since: number;
  timer: NodeJS.Timeout | undefined;
}

/** An empty place. */
export function emptyPlace(id: number): Place {
  return {
    id,
    worker: undefined,
    successor: undefined,
    watch: new Watch(),
    restarts: 0,
    endsInARow: 0,
    since: 0,
    timer: undefined,
  };
}

/** Puts a process that has just been started into a place, and lets its time begin. */
export function settle(place: Place, worker: WorkerProcess): void {
  place.worker = worker;
  place.watch = new Watch();
  place.since = performance.now();
}

/** What people are told of a place. */
export function statusOf({ id, worker, restarts }: Place): WorkerStatus {
  return { id, pid: worker?.pid, state: worker?.state ?? 'waiting', revision: worker?.serving?.revision, restarts };
}
