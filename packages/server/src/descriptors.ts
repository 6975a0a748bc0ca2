import { readFileSync, readdirSync } from 'node:fs';

/** Descriptors that neither clients nor upstreams may take: for the admin port, documents, certificates, names, the log. */
const RESERVED = 64;

/** Connections to upstreams that are enough, whoever comes. */
const ENOUGH = 8192;

/** What the system says of this process's open files. */
export interface Descriptors {
  /** How many it may have: the soft limit, which Node has raised to the hard one at its start. */
  readonly most: number;
  /** How many it has. */
  readonly open: number;
}

/** Who gets how many. */
export interface Shares {
  readonly clients: number;
  readonly upstreams: number;
}

/** Asks the system; undefined where it does not answer as Linux does. */
export function readDescriptors(): Descriptors | undefined {
  try {
    const most = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return most === undefined ? undefined : { most: Number(most), open: readdirSync('/proc/self/fd').length };
  } catch {
    return undefined;
  }
}

/**
 * Shares the descriptors out: half of them to clients, so that each of these can have a connection to an upstream; all but
 * some thousands where there are many. Whoever came last would otherwise be the one without: the supervisor's probe, or a
 * reload that has a file to read. Pure.
 */
export function shareOut(descriptors: Descriptors | undefined, maxConnections: number): Shares {
  if (descriptors === undefined) return { clients: maxConnections, upstreams: Infinity };
  const room = Math.max(2, descriptors.most - descriptors.open - RESERVED);
  const clients = Math.min(maxConnections, Math.max(Math.floor(room / 2), room - ENOUGH));
  return { clients, upstreams: room - clients };
}
