import type { Server, Socket } from 'node:net';
import { Connection } from './connection.ts';
import type { ConnectionHost } from './connection-host.ts';
import { startSweeps } from './sweeps.ts';

/** HTTP/1 on sockets that somebody else accepts: cleartext ones, and those of TLS that did not choose HTTP/2. */
export interface Wire {
  /** Speaks HTTP/1 on a socket from now on. */
  accept(socket: Socket): void;
  /** Cuts every connection. */
  destroy(): void;
}

/** Opens the wire; its one timer looks at what is over its time, and ends with `server`. */
export function openWire(server: Server, parts: Omit<ConnectionHost, 'connections' | 'clock'>): Wire {
  const { headersTimeout, idleTimeout } = parts.limits;
  const connections: ConnectionHost['connections'] = new Set();
  const clock = startSweeps(server, Math.min(headersTimeout, idleTimeout), (now) => {
    for (const connection of connections) connection.sweep(now);
  });
  const host: ConnectionHost = { ...parts, connections, clock };
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
