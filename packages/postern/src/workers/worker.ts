// A process that serves: started by the primary, with its number as the one argument. It ends when the primary says so, when the
// primary is gone, and after an error that nobody caught - each time when what is in flight has ended.
import { setTimeout as delay } from 'node:timers/promises';
import { openLog } from '../log.ts';
import { BEAT } from './calls.ts';
import type { PrimaryCalls, WorkerCalls } from './calls.ts';
import { Channel } from './channel.ts';
import { DataPlane } from './data-plane.ts';

/** Milliseconds in which all workers have seen that the primary is gone. */
const TOGETHER = 200;

const log = openLog({
  level: process.env['POSTERN_LOG_LEVEL'] || 'info',
  pretty: process.stdout.isTTY,
  worker: Number(process.argv[2]),
});
const plane: DataPlane = new DataPlane(log, (wish) => channel.ask('batch', wish));
const channel = new Channel<WorkerCalls, PrimaryCalls>(
  process,
  plane.answers(() => end(0)),
);

/** Signals that people and supervisors send to the whole group: the primary has them too, and says what is to be done. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, () => undefined);

setInterval(() => channel.tell('beat', plane.beat), BEAT).unref();

process.once('disconnect', () => {
  log.warn({}, 'the primary is gone: draining');
  // The others see it at about the same time: none sends its clients to a socket that another still has to close.
  void plane
    .shut()
    .then(() => delay(TOGETHER))
    .then(() => leave(0));
});

let failures = 0;
// Rejections that nobody handles come here as well. What the process knows is in doubt from now on: it must not go on.
process.on('uncaughtException', (error) => {
  failures += 1;
  if (failures === 1)
    log.error({ err: error }, 'an error that nobody caught: this worker drains, and another takes its place');
  if (failures > 1) return;
  channel.tell('failing', error instanceof Error ? error.message : String(error));
  void leave(1);
});

async function leave(code: number): Promise<void> {
  await plane.drain().catch(() => undefined);
  end(code);
}

function end(code: number): void {
  log.flush();
  // oxlint-disable-next-line unicorn/no-process-exit -- a worker is a program of its own, and what a plugin left open must not keep it
  process.exit(code);
}
