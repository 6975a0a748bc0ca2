import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '@postern/model';
import type { Place } from './place.ts';
import { settle } from './place.ts';
import type { WorkerProcess } from './worker-process.ts';

/** What a handover needs of whoever keeps workers alive. */
export interface HandoverParts {
  readonly log: Log;
  /** Milliseconds that a process may take to start. */
  readonly longestStart: number;
  /** Milliseconds that a worker on its way out may take. */
  readonly longestLeave: number;
  /** Starts a process that belongs to a place. */
  fork(place: Place): WorkerProcess;
  /** Brings it to where it serves. Rejects when it cannot. */
  bring(worker: WorkerProcess): Promise<void>;
  /** It serves on, but nothing new comes to it: what it counts still counts. */
  leaving(worker: WorkerProcess): void;
  /** It has let everything end. */
  left(worker: WorkerProcess): void;
}

/**
 * Has another process take the place of one that serves, and loses nothing: the new one serves before the old one lets no
 * connection in, and what is in flight in the old one ends. Where the new one cannot start, the old one stays.
 */
export async function handOver(place: Place, reason: string, parts: HandoverParts): Promise<void> {
  const { log } = parts;
  const old = place.worker;
  if (old === undefined) return;
  const next = parts.fork(place);
  place.successor = next;
  log.warn({ worker: place.id, pid: old.pid, reason }, `worker ${place.id} is replaced: ${reason}`);
  const late = setTimeout(() => next.kill('it took too long to start'), parts.longestStart);
  try {
    await parts.bring(next);
  } catch (error) {
    next.kill(`it could not start: ${error instanceof Error ? error.message : String(error)}`);
  }
  clearTimeout(late);
  // It took the place when the old one died meanwhile, or is gone itself: whoever keeps the places has seen to both.
  if (place.successor !== next) return;
  place.successor = undefined;
  if (next.isGone) return;
  place.restarts += 1;
  settle(place, next);
  log.info({ worker: place.id, pid: next.pid }, `worker ${place.id} serves in another process`);
  await letGo(old, parts);
}

/** Lets what is in flight in a worker end, then ends it; at once after `longestLeave`. */
async function letGo(old: WorkerProcess, parts: HandoverParts): Promise<void> {
  old.state = 'leaving';
  parts.leaving(old);
  const ending = new AbortController();
  const late = delay(parts.longestLeave, undefined, { signal: ending.signal }).catch(() => undefined);
  try {
    const counted = await Promise.race([old.channel.ask('retire', undefined), late]);
    if (counted !== undefined) old.counted = counted;
    await Promise.race([old.channel.ask('drain', undefined), late]);
  } catch {
    // It is gone: that is where it was to go.
  }
  ending.abort();
  parts.left(old);
  old.kill('it did not end');
}
