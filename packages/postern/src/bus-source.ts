import { hostname } from 'node:os';
import type { Log, NatsSection, Source, SourceText } from '@postern/model';
import { keyIdOf, natsSource, readPublicKey } from '@postern/source-nats';
import type { Times, TrustedKey } from '@postern/source-nats';
import { liveOf } from './live-part.ts';
import { version } from './version.ts';

/** What the node's file says about the bus, and the file itself. */
export interface BusStart {
  readonly section: NatsSection;
  readonly file: SourceText;
  readonly log: Log;
  readonly node?: string | undefined;
  readonly times?: Partial<Times> | undefined;
}

/** The source that `server.source.nats` asks for; the live part of the file, when it has one, is its last resort. Throws on a bad key. */
export function busSource({ section, file, log, node = nodeName(), times = {} }: BusStart): Source {
  const { trustedKeys, ...where } = section;
  const trusted = trustedKeys.map(trustedKey);
  if (trusted.length === 0)
    log.warn(
      { bucket: section.bucket, key: section.key },
      `documents need no signature: whoever can write config.${section.key} in bucket ${section.bucket} rules this gateway; server.source.nats.trustedKeys changes that`,
    );
  const fallback = liveOf(file) === undefined ? undefined : file;
  return natsSource({ ...where, trusted, node, version, fallback, times });
}

function trustedKey(text: string, at: number): TrustedKey {
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
