import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import type { Test } from 'tap';

/** A network between a client and a server, that can be bad. */
export interface TcpShim {
  readonly port: number;
  readonly url: string;
  /** Connections so far. */
  readonly connections: () => number;
  /** `pass`: as if it were not there; `slow`: half a second later; `swallow`: nothing arrives and nothing is closed; `refuse`: every connection is cut. */
  mode(mode: 'pass' | 'slow' | 'swallow' | 'refuse'): void;
}

/** Milliseconds each way. */
const LAG = 500;

/** Opens a shim on a free loopback port, towards a port of loopback. */
export async function tcpShimFor(t: Test, target: number): Promise<TcpShim> {
  const sockets = new Set<Socket>();
  let now: Parameters<TcpShim['mode']>[0] = 'pass';
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
      from.on('data', (chunk: Buffer) => {
        if (now === 'pass') to.write(chunk);
        else if (now === 'slow') setTimeout(() => to.write(chunk), LAG);
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
    mode(mode) {
      // What was swallowed is lost to both sides: a connection that misses bytes in its middle must not go on.
      if (now === 'swallow' || mode === 'refuse') for (const socket of sockets) socket.resetAndDestroy();
      now = mode;
    },
  };
}
