import { say } from '../terminal.ts';
import type { ExitCode } from '../terminal.ts';
import type { BusFlags } from './flags.ts';
import { listen, openNodes, readFleet } from './fleet.ts';
import { statusText, toFleetStatus } from './fleet-status.ts';
import type { FleetStatus } from './fleet-status.ts';
import { withSession } from './session.ts';
import type { Session } from './session.ts';
import { readNewest } from './stored.ts';

/** The flags of `postern status`. */
export interface StatusFlags extends BusFlags {
  readonly watch: boolean;
}

/** Milliseconds after which a watched status is shown anew although nobody said anything: nodes age. */
const LOOK_AGAIN = 5000;

const CLEAR = '\u001b[2J\u001b[H';

/** `postern status`: which node runs what, and how far that is from the newest revision. */
export async function statusCommand(flags: StatusFlags): Promise<ExitCode> {
  return withSession(flags, async (session) => {
    if (!flags.watch) {
      show(await read(session), flags);
      return 0;
    }
    await watch(session, flags);
    return 0;
  });
}

async function read(session: Session): Promise<FleetStatus> {
  const newest = await readNewest(session);
  const fleet = await readFleet(session, await openNodes(session));
  return toFleetStatus({ key: session.key, newest, fleet, now: Date.now() });
}

function show(status: FleetStatus, flags: StatusFlags): void {
  if (flags.json) say(JSON.stringify(status, undefined, flags.watch ? undefined : 2));
  else say(`${flags.watch && process.stdout.isTTY ? CLEAR : ''}${statusText(status)}${flags.watch ? '\n' : ''}`);
}

/** Shows the status anew when a node speaks or a document is published, and when time has passed; until a signal. */
async function watch(session: Session, flags: StatusFlags): Promise<void> {
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
  const bell = new Bell();
  const nodes = await openNodes(session);
  const rings = [ringOn(session.bucket.watch(session.subject, undefined, ending.signal), bell)];
  if (nodes !== undefined) rings.push(ringOn(listen(session, nodes, ending.signal), bell));
  ending.signal.addEventListener('abort', () => bell.ring());
  const timer = setInterval(() => bell.ring(), LOOK_AGAIN);
  while (!ending.signal.aborted) {
    show(await read(session), flags);
    await bell.rung();
  }
  clearInterval(timer);
  await Promise.all(rings);
}

async function ringOn(events: AsyncIterable<unknown>, bell: Bell): Promise<void> {
  const reader = events[Symbol.asyncIterator]();
  while ((await reader.next()).done !== true) bell.ring();
}

/** Joins rings that come while nobody waits into one. */
class Bell {
  #rung = false;
  #waiting: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#waiting?.();
  }

  async rung(): Promise<void> {
    if (!this.#rung) await new Promise<void>((resolve) => (this.#waiting = resolve));
    this.#rung = false;
  }
}
