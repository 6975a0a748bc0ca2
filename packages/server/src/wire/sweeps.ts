import type { Server } from 'node:net';
import { RunningTime } from './running-time.ts';

/**
 * Looks at all connections of a server now and then, as often as the `shortest` of their times asks for (milliseconds): no
 * connection has a timer of its own. Ends with `server`, the one that listens. Gives the clock that connections are dated by.
 */
export function startSweeps(server: Server, shortest: number, sweep: (now: number) => void): { readonly now: number } {
  const every = Math.min(1_000, Math.max(50, shortest / 4));
  const clock = new RunningTime(every);
  const timer = setInterval(() => sweep(clock.look()), every);
  timer.unref();
  server.once('close', () => clearInterval(timer));
  return clock;
}
