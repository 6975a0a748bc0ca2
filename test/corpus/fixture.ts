import { createServer } from 'node:net';
import { documentOf } from './document.ts';
import type { DocumentOptions } from './document.ts';
import { gatewayProcessFor } from './gateway-process.ts';
import type { GatewayProcess } from './gateway-process.ts';
import { Recorder, listenFor } from './recorder.ts';
import type { Teardown } from './recorder.ts';

/** What a case asks of the gateway's process. */
type Watched = Pick<GatewayProcess, 'lines' | 'alive' | 'figures' | 'file' | 'adminPort'>;

/** Listeners and upstreams that one case at a time has for itself. */
export interface Lane {
  readonly gateway: Watched;
  readonly plain: number;
  readonly cors: number;
  readonly h2c: number;
  readonly u1: Recorder;
  readonly u2: Recorder;
  /** The upstream of the group hostile: a case says what it does. */
  readonly hostile: Recorder;
  /** Connections to the canary so far. */
  readonly canary: () => number;
  /** What a gateway of somebody else calls U1; it writes no log of ours. */
  readonly foreignHost?: string;
}

/** A gateway as the corpus describes it, with so many lanes. */
export async function fixtureFor(t: Teardown, count: number, options: DocumentOptions = {}): Promise<readonly Lane[]> {
  let contacts = 0;
  const canary = await listenFor(
    t,
    createServer((socket) => {
      contacts += 1;
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\ncanary');
    }),
  );
  const upstreams = await Promise.all(
    Array.from({ length: count }, async () => ({
      u1: await Recorder.open(t),
      u2: await Recorder.open(t),
      hostile: await Recorder.open(t),
    })),
  );
  const ports = upstreams.map(({ u1, u2, hostile }) => ({ u1: u1.port, u2: u2.port, hostile: hostile.port }));
  const gateway = await gatewayProcessFor(t, documentOf(ports, options), canary);
  return upstreams.map((lane, at) => ({
    ...lane,
    gateway,
    plain: gateway.port(`plain-${at}`),
    cors: gateway.port(`cors-${at}`),
    h2c: gateway.port(`h2c-${at}`),
    canary: () => contacts,
  }));
}
