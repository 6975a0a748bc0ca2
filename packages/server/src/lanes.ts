import { readFileSync } from 'node:fs';
import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { hostHeader } from '@postern/engine';
import type { CheckedUpstream, Target, TunnelTimes } from '@postern/model';
import type { Pool } from 'undici';
import type { CompatiblePoolOptions } from './compatible-pool.ts';
import type { AddressSet } from './trust.ts';
import { dialTo } from './wire/upstream-dial.ts';
import type { DialTls } from './wire/upstream-dial.ts';
import { UpstreamPool } from './wire/upstream-pool.ts';
import type { UpstreamRoom } from './wire/upstream-room.ts';

/** One target of an upstream, ready to be called. */
export type LaneTarget = About & (FastTarget | CompatibleTarget);

interface FastTarget {
  readonly kind: 'fast';
  readonly pool: UpstreamPool;
}

interface CompatibleTarget {
  readonly kind: 'compatible';
  readonly pool: Pool;
  /** Requests that may be under way or wait. */
  readonly most: number;
  /** For web sockets, which that lane cannot carry; undefined where the target speaks HTTP/2. */
  readonly tunnels: UpstreamPool | undefined;
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
  readonly webSocket: TunnelTimes;
  /** Which target is next: they take turns. */
  turn: number;
}

interface SharedPool {
  readonly of: FastTarget | CompatibleTarget;
  users: number;
}

type Targets = Extract<CheckedUpstream, { kind: 'targets' }>;

const NO_TUNNELS: TunnelTimes = { idle: 0, lifetime: 0 };

/**
 * Lanes of the snapshots that live, and the pools below them: shared by target, TLS and timeouts, so that a reload keeps
 * warm connections, and closed when no snapshot uses them.
 */
export class Lanes {
  readonly #pools = new Map<string, SharedPool>();
  readonly #lanes = new Map<CheckedUpstream, Lane>();
  readonly #denied: AddressSet;
  readonly #room: UpstreamRoom;
  #makeCompatible: ((options: CompatiblePoolOptions) => Pool) | undefined = undefined;

  constructor(denied: AddressSet, room: UpstreamRoom) {
    this.#denied = denied;
    this.#room = room;
  }

  /** The lane of an upstream that was opened. */
  of(upstream: CheckedUpstream): Lane | undefined {
    return this.#lanes.get(upstream);
  }

  /** Loads what lanes of these upstreams need beyond the fast one; to be awaited before any of them is opened. */
  async load(upstreams: readonly CheckedUpstream[]): Promise<void> {
    if (!upstreams.some((upstream) => upstream.kind === 'targets' && kindOf(upstream) === 'compatible')) return;
    if (this.#makeCompatible !== undefined) return;
    // The lane's host as well: the first request should not wait for its files.
    const [made] = await Promise.all([import('./compatible-pool.ts'), import('@fastify/http-proxy')]);
    this.#makeCompatible = made.makeCompatiblePool;
  }

  /** Makes the lane; throws when a TLS file cannot be read. */
  open(upstream: CheckedUpstream): void {
    if (upstream.kind === 'echo') {
      const { name, kind } = upstream;
      this.#lanes.set(upstream, { name, kind, preserveHost: false, targets: [], webSocket: NO_TUNNELS, turn: 0 });
      return;
    }
    const { name, preserveHost, webSocket } = upstream;
    const targets = upstream.targets.map((target) => ({
      ...this.#share(upstream, target),
      hostHeader: hostHeader(target),
      path: target.path,
    }));
    this.#lanes.set(upstream, { name, kind: kindOf(upstream), preserveHost, targets, webSocket, turn: 0 });
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
      else {
        shared.of.tunnels?.close();
        shared.of.pool.close().catch(() => undefined);
      }
    }
  }

  #share(upstream: Targets, target: Target): FastTarget | CompatibleTarget {
    const key = poolKey(upstream, target);
    let shared = this.#pools.get(key);
    if (shared === undefined) this.#pools.set(key, (shared = { of: this.#makePool(upstream, target), users: 0 }));
    shared.users += 1;
    return shared.of;
  }

  #makePool(upstream: Targets, target: Target): FastTarget | CompatibleTarget {
    const lookup = this.#denied.empty ? undefined : deniedLookup(this.#denied);
    const tls = tlsOf(upstream);
    const { timeouts, maxConnections, maxQueue } = upstream;
    const dialled = (): UpstreamPool => {
      const dial = dialTo({ ...target, lookup, tls: target.scheme === 'https' ? tls : undefined });
      return new UpstreamPool({ dial, timeouts, most: maxConnections, mostWaiting: maxQueue, room: this.#room });
    };
    if (kindOf(upstream) === 'fast') return { kind: 'fast', pool: dialled() };
    if (this.#makeCompatible === undefined) throw new Error('the compatible lane is not loaded');
    // Its pools share nothing, and each takes no more than all together may.
    const connections = Math.min(maxConnections, this.#room.most);
    const pool = this.#makeCompatible({ upstream, target, tls, lookup, connections });
    const tunnels = upstream.protocol === 'http1' ? dialled() : undefined;
    return { kind: 'compatible', pool, most: connections + maxQueue, tunnels };
  }
}

function kindOf({ protocol, targets }: Targets): 'fast' | 'compatible' {
  return protocol === 'http2' || targets.some((target) => target.kind === 'unix') ? 'compatible' : 'fast';
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
    upstream.maxConnections,
    upstream.maxQueue,
  ]);
}
