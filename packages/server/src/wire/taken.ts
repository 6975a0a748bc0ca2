import type { Socket } from 'node:net';

/** Tells whether whoever reads at the other end of a socket takes anything. */
export class TakenWatch {
  readonly #socket: Socket;
  #taken = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /**
   * Whether nothing waits, or the system has taken more of what was written since this was asked last. What waits alone does not tell:
   * where one piece has taken the place of another of the same size, as much waits as before.
   */
  moves(): boolean {
    const socket = this.#socket;
    const before = this.#taken;
    this.#taken = socket.bytesWritten - socket.writableLength - left(socket);
    return socket.writableLength === 0 || this.#taken !== before;
  }
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
