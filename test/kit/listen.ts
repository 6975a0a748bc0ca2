import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import type { Test } from 'tap';

/** Lets a server listen on a free port of loopback, which it gives back. When the test ends, it and its connections are closed. */
export async function listen(t: Pick<Test, 'teardown'>, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
