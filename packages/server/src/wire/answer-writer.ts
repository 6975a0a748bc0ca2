import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { latin1 } from './latin1.ts';
import { WaitingText } from './turn.ts';

/** Bodies up to this size are copied behind their head, into one write. */
const SMALL = 8 * 1024;

/** A piece of an answer, or all of it. */
interface Piece {
  readonly head: string;
  readonly body: Uint8Array | undefined;
  readonly tail: string;
}

/** Writes the answers of one connection. */
export class AnswerWriter {
  readonly #socket: Socket;
  readonly #done: () => void;
  readonly #whole: WaitingText;

  /** `done` is called when the last piece of an answer has left. */
  constructor(socket: Socket, done: () => void) {
    this.#socket = socket;
    this.#done = done;
    this.#whole = new WaitingText(socket, done);
  }

  /** TLS encrypts from memory that it does not say it has left. */
  get isFlushed(): boolean {
    return this.#socket.writableLength === 0 && !this.#whole.waits && !(this.#socket instanceof TLSSocket);
  }

  /**
   * Writes a piece in one go; false asks to wait for `drain`. A whole answer leaves at the end of a busy turn. The last of several pieces
   * does not: the memory of those before it is wanted again, and policies that stream see the same order in any turn.
   */
  put({ head, body, tail }: Piece, isLast: boolean, isWhole: boolean): boolean {
    const done = isLast ? this.#done : undefined;
    if (body !== undefined && body.length > SMALL) return this.#putTogether(head, body, { tail, done });
    const text = body === undefined ? head + tail : head + latin1(body) + tail;
    return isWhole ? this.#whole.put(text) : this.#socket.write(text, 'latin1', done);
  }

  /** Writes what waits. */
  flush(): void {
    this.#whole.write();
  }

  /** The body from where it is, without a copy. */
  #putTogether(
    head: string,
    body: Uint8Array,
    { tail, done }: { readonly tail: string; readonly done: (() => void) | undefined },
  ): boolean {
    const socket = this.#socket;
    if (head === '' && tail === '') return socket.write(body, done);
    socket.cork();
    if (head !== '') socket.write(head, 'latin1');
    const flows = socket.write(body, tail === '' ? done : undefined);
    if (tail !== '') socket.write(tail, 'latin1', done);
    socket.uncork();
    return flows;
  }
}
