import type { Socket } from 'node:net';

/**
 * Resets a connection, unless its end is on its way already: of one that is told both, Node never frees the handle, and the
 * process turns for ever when it ends.
 */
export function reset(socket: Socket): void {
  if (!socket.destroyed && !socket.writableEnded) socket.resetAndDestroy();
}
