import { BusError } from '@postern/source-nats';
import type { Bucket } from '@postern/source-nats';
import { nodeOf, toHeard } from './reports.ts';
import type { Heard } from './reports.ts';
import type { Session } from './session.ts';

/** Opens the bucket that the nodes speak in; undefined when no node ever made it. */
export async function openNodes({ bus, bucket }: Session): Promise<Bucket | undefined> {
  try {
    return await bus.bucket(`${bucket.name}-nodes`);
  } catch (error) {
    if (error instanceof BusError && error.kind === 'no-bucket') return undefined;
    throw error;
  }
}

/** What the bucket of nodes has of a fleet. */
export interface Fleet {
  /** The last word of each node, by name. */
  readonly heard: ReadonlyMap<string, Heard>;
  /** Nodes that took themselves out. */
  readonly left: ReadonlySet<string>;
  /** Milliseconds since 1970, by the clock of the server. */
  readonly now: number;
}

/** Reads what the nodes of the fleet said last. */
export async function readFleet({ key }: Session, nodes: Bucket | undefined): Promise<Fleet> {
  const heard = new Map<string, Heard>();
  const left = new Set<string>();
  const { entries, serverTime } = (await nodes?.latest(nodesOf(key))) ?? NOBODY;
  for (const entry of entries) {
    const said = toHeard(entry);
    if (said === undefined) left.add(nodeOf(entry.key));
    else heard.set(said.report.node, said);
  }
  const stamps = entries.map(({ at }) => Date.parse(at));
  return { heard, left, now: serverNow(serverTime, stamps) };
}

const NOBODY = { entries: [], serverTime: undefined };

/** Where the nodes of a fleet speak. */
export function nodesOf(key: string): string {
  return `node.${key}.*`;
}

/**
 * The server's time: what it says, or where it does not say it (before 2.10) its newest stamp, which is a heartbeat old at
 * most while any node lives. The clock here has no say: where it is wrong, it would hide nodes that live. Pure.
 */
export function serverNow(said: string | undefined, stamps: readonly number[]): number {
  return Math.max(0, ...stamps, ...(said === undefined ? [] : [Date.parse(said)]));
}
