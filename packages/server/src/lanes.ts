import { readFileSync } from 'node:fs';
import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { hostHeader } from '@postern/engine';
import type { CheckedUpstream, Target } from '@postern/model';
import { Pool } from 'undici';
import type { AddressSet } from './trust.ts';
import { dialTo } from './wire/upstream-dial.ts';
import type { DialTls } from './wire/upstream-dial.ts';
import { UpstreamPool } from './wire/upstream-pool.ts';

/** One target of an upstream, ready to be called. */
export type LaneTarget = About & (FastTarget | CompatibleTarget);

interface FastTarget {
  readonly kind: 'fast';
  readonly pool: UpstreamPool;
}

interface CompatibleTarget {
  readonly kind: 'compatible';
  readonly pool: Pool;
}

interface About {
  /** What the upstream gets in `Host` unless the client's is preserved. */
  readonly hostHeader: string;
  /** Put in front of the request's path; `` or `/a/b`. */
  readonly path: string;
}

/** An upstream as requests use it. `compatible`: HTTP/2 and unix sockets, by way of `@fastify/http-proxy`. */
export interface Lane {
  readonly name: string;
  readonly kind: 'fast' | 'compatible' | 'echo';
  readonly preserveHost: boolean;
  readonly targets: readonly LaneTarget[];
  /** Which target is next: they take turns. */
  turn: number;
}

interface SharedPool {
  readonly of: FastTarget | CompatibleTarget;
  users: number;
}

type Targets = Extract<CheckedUpstream, { kind: 'targets' }>;

/** Sockets to one target at most; further requests wait for one. */
const CONNECTIONS = 1024;

/**
 * Lanes of the snapshots that live, and the pools below them: shared by target, TLS and timeouts, so that a reload keeps
 * warm connections, and closed when no snapshot uses them.
 */
export class Lanes {
  readonly #pools = new Map<string, SharedPool>();
  readonly #lanes = new Map<CheckedUpstream, Lane>();
  readonly #denied: AddressSet;

  constructor(denied: AddressSet) {
    this.#denied = denied;
  }

  /** The lane of an upstream that was opened. */
  of(upstream: CheckedUpstream): Lane | undefined {
    return this.#lanes.get(upstream);
  }

  /** Makes the lane; throws when a TLS file cannot be read. */
  open(upstream: CheckedUpstream): void {
    if (upstream.kind === 'echo') {
      this.#lanes.set(upstream, { name: upstream.name, kind: 'echo', preserveHost: false, targets: [], turn: 0 });
      return;
    }
    const kind = kindOf(upstream);
    const targets = upstream.targets.map((target) => ({
      ...this.#share(upstream, target),
      hostHeader: hostHeader(target),
      path: target.path,
    }));
    this.#lanes.set(upstream, { name: upstream.name, kind, preserveHost: upstream.preserveHost, targets, turn: 0 });
  }

  /** Gives the lane's pools back; the last user closes them, after their requests have ended. */
  close(upstream: CheckedUpstream): void {
    if (!this.#lanes.delete(upstream) || upstream.kind === 'echo') return;
    for (const target of upstream.targets) {
      const key = poolKey(upstream, target);
      const shared = this.#pools.get(key);
      if (shared === undefined) continue;
      shared.users -= 1;
      if (shared.users > 0) continue;
      this.#pools.delete(key);
      // What is under way goes on: an event stream may still run after its exchange gave the snapshot back.
      if (shared.of.kind === 'fast') shared.of.pool.close();
      else shared.of.pool.close().catch(() => undefined);
    }
  }

  #share(upstream: Targets, target: Target): FastTarget | CompatibleTarget {
    const key = poolKey(upstream, target);
    let shared = this.#pools.get(key);
    if (shared === undefined)
      this.#pools.set(key, (shared = { of: makePool(upstream, target, this.#denied), users: 0 }));
    shared.users += 1;
    return shared.of;
  }
}

function kindOf({ protocol, targets }: Targets): 'fast' | 'compatible' {
  return protocol === 'http2' || targets.some((target) => target.kind === 'unix') ? 'compatible' : 'fast';
}

/** The origin comes from the document alone; nothing of a request is ever part of a URL that is parsed. */
function makePool(upstream: Targets, target: Target, denied: AddressSet): FastTarget | CompatibleTarget {
  const { timeouts } = upstream;
  const { host, port, scheme } = target;
  const lookup = denied.empty ? undefined : deniedLookup(denied);
  const tls = tlsOf(upstream);
  if (kindOf(upstream) === 'fast') {
    const dial = dialTo({ host, port, lookup, tls: scheme === 'https' ? tls : undefined });
    return { kind: 'fast', pool: new UpstreamPool({ dial, timeouts, most: CONNECTIONS }) };
  }
  const pool = new Pool(`${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`, {
    connections: CONNECTIONS,
    pipelining: 1,
    headersTimeout: timeouts.headers,
    bodyTimeout: timeouts.idle,
    allowH2: upstream.protocol === 'http2',
    ...(target.kind === 'unix' ? { socketPath: target.socket } : {}),
    connect: {
      timeout: timeouts.connect,
      // reply-from's default is the opposite: it never verifies an upstream's certificate.
      rejectUnauthorized: true,
      // Without TLS there is no ALPN to agree by: prior knowledge (RFC 9113 section 3.3).
      ...(upstream.protocol === 'http2' && scheme === 'http' ? { useH2c: true } : {}),
      ...tls,
      ...(lookup === undefined ? {} : { lookup }),
    },
  });
  return { kind: 'compatible', pool };
}

function tlsOf({ tls }: Targets): DialTls {
  return {
    ...(tls.ca === undefined ? {} : { ca: readFileSync(tls.ca) }),
    ...(tls.cert === undefined ? {} : { cert: readFileSync(tls.cert) }),
    ...(tls.key === undefined ? {} : { key: readFileSync(tls.key) }),
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
  };
}

/** Resolves like the system does, and refuses addresses that nobody should reach: checked on what is connected to. */
function deniedLookup(denied: AddressSet): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, []);
      const allowed = addresses.filter(({ address }) => !denied.has(address));
      const first = allowed[0];
      if (first === undefined) return callback(new DeniedTarget(hostname), []);
      if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

/** Every address of a target is one that `server.denyTargets` names. */
class DeniedTarget extends Error {
  readonly code = 'POSTERN_DENIED_TARGET';
  constructor(hostname: string) {
    super(`every address of ${hostname} is in server.denyTargets`);
  }
}

function poolKey(upstream: Targets, target: Target): string {
  const { scheme, host, port, socket } = target;
  return JSON.stringify([
    kindOf(upstream),
    scheme,
    host,
    port,
    socket,
    upstream.protocol,
    upstream.timeouts,
    upstream.tls,
  ]);
}
