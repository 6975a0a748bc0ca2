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

/** The last word of each node of the fleet, by name. */
export async function readFleet({ key }: Session, nodes: Bucket | undefined): Promise<ReadonlyMap<string, Heard>> {
  const fleet = new Map<string, Heard>();
  for (const entry of (await nodes?.history(`node.${key}.*`)) ?? []) {
    const heard = toHeard(entry);
    if (heard === undefined) fleet.delete(nodeOf(entry.key));
    else fleet.set(heard.report.node, heard);
  }
  return fleet;
}

/** What is heard of a node from now on, what it said last first; `heard` is undefined when it took itself out. */
export async function* listen(
  { key }: Session,
  nodes: Bucket,
  signal: AbortSignal,
): AsyncIterable<{ readonly node: string; readonly heard: Heard | undefined }> {
  for await (const entry of nodes.watch(`node.${key}.*`, undefined, signal))
    yield { node: nodeOf(entry.key), heard: toHeard(entry) };
}
