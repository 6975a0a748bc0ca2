import { lookup } from 'node:dns/promises';
import net from 'node:net';
import { getSystemErrorMap } from 'node:util';
import type { Listener } from '@postern/model';
import type { ListenerSocket } from '@postern/server';

/** A socket that is bound and never accepts in this process: workers listen on copies of it. */
export interface HeldSocket {
  readonly port: number;
  readonly socket: ListenerSocket;
  /** Without any worker that listens, new connections are refused from now on. */
  close(): void;
}

/** Node's own handle of a TCP socket, as much of it as is used here. */
interface Handle {
  getsockname(into: { address?: string; port?: number }): number;
  close(): void;
}

/**
 * Binds the address of a listener. Held for as long as the gateway lives: connections that come while every worker is down
 * wait for the next one, and a port of 0 stays the same. Rejects as `listen` does when the address is taken. With `fd` the socket
 * is one that this process was started with.
 */
export async function holdSocket({ host, port }: Pick<Listener, 'host' | 'port'>, fd?: number): Promise<HeldSocket> {
  const handle = fd === undefined ? await bind(host, port) : inherit(fd);
  const bound: { address?: string; port?: number } = {};
  // A port that is taken shows here: the system says so late.
  const failed = handle.getsockname(bound);
  if (failed !== 0) {
    handle.close();
    throw failure(failed, { host, port });
  }
  return { port: bound.port ?? port, socket: handle, close: () => handle.close() };
}

async function bind(host: string, port: number): Promise<Handle> {
  if (host !== '') {
    const { address, family } = await lookup(host);
    const handle = createHandle(address, port, family);
    if (typeof handle === 'number') throw failure(handle, { host, port });
    return handle;
  }
  // All interfaces, as Node's own listen has it: both families where there are both.
  const both = createHandle('::', port, 6);
  const handle = typeof both === 'number' ? createHandle('0.0.0.0', port, 4) : both;
  if (typeof handle === 'number') throw failure(handle, { host, port });
  return handle;
}

function inherit(fd: number): Handle {
  const handle = createHandle(undefined, undefined, undefined, fd);
  // A unix socket has no such method.
  if (typeof handle !== 'number' && 'getsockname' in handle) return handle;
  throw new Error(`descriptor ${fd}, which this process was started with, is no TCP socket`);
}

type Bound = [address: string, port: number, family: number];
type Inherited = [address: undefined, port: undefined, family: undefined, fd: number];

function createHandle(...given: Bound | Inherited): Handle | number {
  if (!canCreate(net))
    throw new Error('this version of Node cannot share a socket between workers: set server.workers to 1');
  return net._createServerHandle(...given);
}

/**
 * The one thing here that Node does not document. `node:cluster` binds with it too, but closes the socket with its last worker.
 * docs/decisions/workers.md has the other ways that were tried.
 */
function canCreate(module: object): module is { _createServerHandle(...given: Bound | Inherited): Handle | number } {
  return '_createServerHandle' in module && typeof module._createServerHandle === 'function';
}

/** An error like that of `listen`: whoever started the program reads its code. */
function failure(errno: number, { host: address, port }: Pick<Listener, 'host' | 'port'>): Error {
  const [code, reason] = getSystemErrorMap().get(errno) ?? [`errno ${errno}`, 'the address cannot be used'];
  return Object.assign(new Error(`listen ${code}: ${reason} ${address}:${port}`), { code, address, port });
}
