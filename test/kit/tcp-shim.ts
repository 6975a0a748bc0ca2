import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Test } from 'tap';
import { listen } from './listen.ts';

/** A network between a client and a server, that can be bad. */
export interface TcpShim {
  readonly port: number;
  readonly url: string;
  /** Connections so far. */
  readonly connections: () => number;
  /**
   * `pass`: as if it were not there; `swallow`: nothing arrives and nothing is closed; `refuse`: every connection is cut. An
   * object: everything arrives so many milliseconds later, and at most so many bytes a second each way of a connection.
   */
  mode(mode: TcpMode): void;
}

type TcpMode = 'pass' | 'swallow' | 'refuse' | { readonly delay?: number; readonly bytesPerSecond?: number };

/** Opens a shim on a free loopback port, towards a port of loopback. */
export async function tcpShimFor(t: Test, target: number): Promise<TcpShim> {
  const sockets = new Set<Socket>();
  let now: TcpMode = 'pass';
  let connections = 0;
  const server = createServer((client) => {
    connections += 1;
    if (now === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      const line = lineTo(to, () => (typeof now === 'string' ? {} : now));
      from.on('data', (chunk: Buffer) => {
        if (now === 'swallow' || now === 'refuse') return;
        // A slow line takes no more than it carries: the sender's buffers fill, as they would.
        from.pause();
        void line(chunk).finally(() => from.resume());
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        if (now !== 'swallow') to.destroy();
      });
    }
  });
  const port = await listen(t, server);
  return {
    port,
    url: `nats://127.0.0.1:${port}`,
    connections: () => connections,
    mode(mode) {
      // What was swallowed is lost to both sides: a connection that misses bytes in its middle must not go on.
      if (now === 'swallow' || mode === 'refuse') for (const socket of sockets) socket.resetAndDestroy();
      now = mode;
    },
  };
}

/** Pieces in a second of a line with a limit. */
const PIECES = 20;

/**
 * One way of a connection. Resolves when the line takes more; what it took arrives in order. It goes by the clock, not by
 * its timers: on a busy machine they are late, and a line would be slower than it says.
 */
function lineTo(to: Socket, mode: () => Exclude<TcpMode, string>): (chunk: Buffer) => Promise<void> {
  let last = Promise.resolve();
  let freeAt = 0;
  const send = async (piece: Buffer, after: { readonly before: Promise<void>; readonly delay: number }) => {
    // Both at once: what was sent before this arrives before it, and is no reason to be later.
    await Promise.all([after.before, after.delay === 0 ? undefined : wait(after.delay)]);
    if (!to.destroyed) to.write(piece);
  };
  return async (chunk) => {
    freeAt = Math.max(freeAt, performance.now() - 1000 / PIECES);
    for (let at = 0; at < chunk.length && !to.destroyed;) {
      const { delay = 0, bytesPerSecond = Infinity } = mode();
      const piece = chunk.subarray(at, at + Math.max(1, bytesPerSecond / PIECES));
      at += piece.length;
      last = send(piece, { before: last, delay });
      freeAt += (piece.length / bytesPerSecond) * 1000;
      const early = freeAt - performance.now();
      if (early > 0) await wait(early);
      else if (delay === 0) await last;
    }
  };
}
