import type { Server, Socket } from 'node:net';
import { Connection } from './connection.ts';
import type { ConnectionHost } from './connection-host.ts';
import { RunningTime } from './running-time.ts';

/** HTTP/1 on sockets that somebody else accepts: cleartext ones, and those of TLS that did not choose HTTP/2. */
export interface Wire {
  /** Speaks HTTP/1 on a socket from now on. */
  accept(socket: Socket): void;
  /** Cuts every connection. */
  destroy(): void;
}

/** Opens the wire; its one timer looks at what is over its time, and ends with `server`. */
export function openWire(server: Server, parts: Omit<ConnectionHost, 'connections' | 'clock'>): Wire {
  // As often as the shortest time asks for: no connection has a timer of its own.
  const { headersTimeout, idleTimeout } = parts.limits;
  const every = Math.min(1_000, Math.max(50, Math.min(headersTimeout, idleTimeout) / 4));
  const clock = new RunningTime(every);
  const host: ConnectionHost = { ...parts, connections: new Set(), clock };
  const sweep = setInterval(() => {
    const now = clock.look();
    for (const connection of host.connections) connection.sweep(now);
  }, every);
  sweep.unref();
  server.once('close', () => clearInterval(sweep));
  return {
    accept(socket) {
      socket.setNoDelay(true);
      // oxlint-disable-next-line no-new -- it lives by its socket's events
      new Connection(socket, host);
    },
    destroy() {
      for (const connection of host.connections) connection.destroy();
    },
  };
}
