import { complain, say } from '../terminal.ts';
import type { ExitCode } from '../terminal.ts';
import type { BusFlags } from './flags.ts';
import { nodesOf, openNodes, readFleet } from './fleet.ts';
import { statusText, toFleetStatus } from './fleet-status.ts';
import type { FleetStatus } from './fleet-status.ts';
import { looks } from './looks.ts';
import { withSession } from './session.ts';
import type { Session } from './session.ts';
import { readNewest } from './stored.ts';

/** The flags of `postern status`. */
export interface StatusFlags extends BusFlags {
  readonly watch: boolean;
}

const CLEAR = '\u001b[2J\u001b[H';

/** `postern status`: which node runs what, and how far that is from the newest revision. */
export async function statusCommand(flags: StatusFlags): Promise<ExitCode> {
  return withSession(flags, async (session) => {
    if (flags.watch) await watch(session, flags);
    else show(await read(session), flags);
    return 0;
  });
}

async function read(session: Session): Promise<FleetStatus> {
  const newest = await readNewest(session);
  const { heard, now } = await readFleet(session, await openNodes(session));
  const at = newest === undefined ? [] : [Date.parse(newest.at)];
  return toFleetStatus({ key: session.key, newest, fleet: heard, now: Math.max(now, ...at) });
}

function show(status: FleetStatus, flags: StatusFlags): void {
  if (flags.json) say(JSON.stringify(status, undefined, flags.watch ? undefined : 2));
  else say(`${flags.watch && process.stdout.isTTY ? CLEAR : ''}${statusText(status)}${flags.watch ? '\n' : ''}`);
}

/** Shows the status anew when a node speaks or a document is published, and when time has passed; until a signal. */
async function watch(session: Session, flags: StatusFlags): Promise<void> {
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
  const { bus, bucket, subject, key } = session;
  const nodes = await openNodes(session);
  const watched = [{ bucket, key: subject }, ...(nodes === undefined ? [] : [{ bucket: nodes, key: nodesOf(key) }])];
  for await (const look of looks({ bus, watched, look: () => read(session) }, ending.signal)) {
    if (look.kind === 'seen') show(look.seen, flags);
    else complain('postern: the server is out of reach; this goes on when it answers');
  }
}
