import type { Socket } from 'node:net';

/** A part of an answer whose body is too large to be copied. */
interface Parts {
  readonly head: string;
  readonly body: Uint8Array;
  readonly tail: string;
}

/** Writes all three in one go, the body from where it is. `done` is called once the last byte has left; false asks to wait. */
export function writeTogether(socket: Socket, { head, body, tail }: Parts, done: (() => void) | undefined): boolean {
  if (head === '' && tail === '') return socket.write(body, done);
  socket.cork();
  if (head !== '') socket.write(head, 'latin1');
  const flows = socket.write(body, tail === '' ? done : undefined);
  if (tail !== '') socket.write(tail, 'latin1', done);
  socket.uncork();
  return flows;
}
