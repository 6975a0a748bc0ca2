import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Test } from 'tap';

/** A network between a client and a server, that can be bad. */
export interface TcpShim {
  readonly port: number;
  readonly url: string;
  /** Connections so far. */
  readonly connections: () => number;
  /** Bytes that went through, both ways. */
  readonly bytes: () => number;
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
  let bytes = 0;
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
      const line = slowLine((chunk) => {
        bytes += chunk.length;
        if (!to.destroyed) to.write(chunk);
      });
      from.on('data', (chunk: Buffer) => {
        if (now === 'swallow' || now === 'refuse') return;
        // A slow line takes no more than it carries: the sender's buffers fill, as they would.
        from.pause();
        void line(chunk, now === 'pass' ? {} : now).finally(() => from.resume());
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        if (now !== 'swallow') to.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    port,
    url: `nats://127.0.0.1:${port}`,
    connections: () => connections,
    bytes: () => bytes,
    mode(mode) {
      // What was swallowed is lost to both sides: a connection that misses bytes in its middle must not go on.
      if (now === 'swallow' || mode === 'refuse') for (const socket of sockets) socket.resetAndDestroy();
      now = mode;
    },
  };
}

/** Pieces in a second of a line with a limit. */
const PIECES = 20;

/** One way of a connection. Resolves when the line takes more; what it took arrives in order. */
function slowLine(arrive: (chunk: Buffer) => void) {
  let last = Promise.resolve();
  return async (chunk: Buffer, { delay = 0, bytesPerSecond = Infinity }: Exclude<TcpMode, string>): Promise<void> => {
    const piece = Math.max(1, Math.floor(bytesPerSecond / PIECES));
    for (let at = 0; at < chunk.length; at += piece) {
      const part = chunk.subarray(at, at + piece);
      const travelled = delay > 0 ? wait(delay) : undefined;
      const before = last;
      last = (async () => {
        await before;
        if (travelled !== undefined) await travelled;
        arrive(part);
      })();
      if (bytesPerSecond !== Infinity) await wait(1000 / PIECES);
      else if (travelled === undefined) await last;
    }
  };
}
