import { hostname } from 'node:os';
import { plainDocument } from '@postern/config';
import type { Log, NatsSection, Source, SourceText } from '@postern/model';
import type * as Nats from '@postern/source-nats';
import type { Times, TrustedKey } from '@postern/source-nats';
import { version } from './version.ts';

/** What the node's file says about the bus, and the file itself. */
export interface BusStart {
  readonly section: NatsSection;
  readonly file: SourceText;
  readonly log: Log;
  readonly node?: string | undefined;
  readonly times?: Partial<Times> | undefined;
}

/** The source that `server.source.nats` asks for; the live part of the file, when it has one, is its last resort. Rejects on a bad key. */
export async function busSource({ section, file, log, node = nodeName(), times = {} }: BusStart): Promise<Source> {
  // A gateway on a file has no use for a client of NATS.
  const nats = await import('@postern/source-nats');
  const { trustedKeys, ...where } = section;
  const trusted = trustedKeys.map((text, at) => trustedKey(nats, text, at));
  if (trusted.length === 0)
    log.warn(
      { bucket: section.bucket, key: section.key },
      `documents need no signature: whoever can write config.${section.key} in bucket ${section.bucket} rules this gateway; server.source.nats.trustedKeys changes that`,
    );
  const fallback = liveOf(file) === undefined ? undefined : file;
  return nats.natsSource({ ...where, trusted, node, version, fallback, times });
}

/** Whether the file has a live part that is not the one of the document: it then describes what does not serve. */
export function liveDiffers(file: SourceText, document: SourceText): boolean {
  const own = liveOf(file);
  return own !== undefined && own !== liveOf(document);
}

/** The live part as it is written, in one form; undefined when there is none. */
function liveOf(source: SourceText): string | undefined {
  const plain = plainDocument(source);
  if (plain.kind === 'refused' || typeof plain.value !== 'object' || plain.value === null) return undefined;
  const members: readonly (readonly [string, unknown])[] = Object.entries(plain.value);
  const live = members.filter(([key]) => key !== 'server');
  return live.length === 0 ? undefined : JSON.stringify(live.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function trustedKey({ readPublicKey, keyIdOf }: typeof Nats, text: string, at: number): TrustedKey {
  const read = readPublicKey(text);
  if (read.kind === 'key') return { id: keyIdOf(read.key), key: read.key };
  throw new Error(
    `server.source.nats.trustedKeys[${at}] ${read.reason}\n  fix: write what postern keygen printed as the public key`,
  );
}

/** Other nodes on the machine have another process id, nodes in containers another host name. */
function nodeName(): string {
  const host = hostname()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return `${host || 'node'}-${process.pid}`;
}
