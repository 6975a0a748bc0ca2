import type { Socket } from 'node:net';

/**
 * A number that changes whenever the system takes more of what was written to a socket. What waits alone does not tell: where
 * one piece has taken the place of another of the same size, as much waits as before.
 */
export function takenOf(socket: Socket): number {
  return socket.bytesWritten - socket.writableLength - left(socket);
}

/**
 * What the system has not taken of the write that is under way. Node's own time limits of sockets read it in the same place;
 * without it a large piece looks as if nobody took anything until all of it has gone.
 */
function left(socket: object): number {
  const handle: unknown = '_handle' in socket ? socket._handle : undefined;
  if (typeof handle !== 'object' || handle === null || !('writeQueueSize' in handle)) return 0;
  return typeof handle.writeQueueSize === 'number' ? handle.writeQueueSize : 0;
}
