import { Server } from 'node:net';
import { setImmediate as afterReading, setTimeout as wait } from 'node:timers/promises';
import type { OpenListener } from './listener.ts';

/** Milliseconds between two looks at what is still in flight. */
const LOOK = 20;
/**
 * Looks without any exchange, a quarter of a second of them, before idle connections are closed: a request may be on its way on one of
 * them. Looks and not time: on a machine that gave this process no turn for as long, nothing was read either.
 */
const QUIET = 12;

/**
 * Lets no new connection in; those that are there go on as before. For processes that share a socket: all of them have to do
 * this before one drains, or the clients that it sends elsewhere wait at a socket which another is about to close.
 */
export function shutListeners(listeners: readonly Pick<OpenListener, 'server'>[]): void {
  // Not http.Server's close, which drops idle connections at once: that loses a request that was just written.
  for (const { server } of listeners) Server.prototype.close.call(server);
}

/**
 * Lets nothing new in and waits for what is in flight, at most `limit` milliseconds. Every answer from now on asks its
 * client to connect elsewhere; HTTP/2 sessions get GOAWAY. Idle connections end only after a quiet moment; until `patience` is
 * aborted not even then, for a client may just have written a request on one: they end with their next answer.
 */
export async function drainListeners(
  listeners: readonly OpenListener[],
  limit: number,
  patience?: AbortSignal,
): Promise<void> {
  let open = listeners.length;
  for (const { server } of listeners) server.once('close', () => (open -= 1));
  shutListeners(listeners);
  for (const { context, sessions } of listeners) {
    context.draining = true;
    for (const session of sessions) session.close();
  }
  const deadline = performance.now() + limit;
  let [quiet, before] = [0, begunOn(listeners)];
  while (performance.now() < deadline) {
    await wait(LOOK);
    // Behind the sockets' turn, and behind that of what was read in it: what has come by now is in flight.
    await afterReading();
    await afterReading();
    const isPatient = patience?.aborted === false && open > 0;
    const begun = begunOn(listeners);
    const busy = isPatient || begun > before || listeners.some(({ context }) => context.inFlight > 0);
    before = begun;
    quiet = busy ? 0 : quiet + 1;
    if (quiet > QUIET || (open === 0 && !busy)) return;
  }
}

function begunOn(listeners: readonly OpenListener[]): number {
  return listeners.reduce((sum, { context }) => sum + context.begun, 0);
}
