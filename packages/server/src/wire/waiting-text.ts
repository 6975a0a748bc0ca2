import type { Socket } from 'node:net';

/** What is to be written at the end of this turn of the event loop. */
let waiting: WaitingText[] = [];

/**
 * Text for one socket that waits until every socket with something to read has been read in this turn. What all of them have to say is
 * then written together: whoever reads it is woken once for many messages and not for each, and code and kernel take turns less
 * often. A turn with one message waits for nothing.
 */
export class WaitingText {
  readonly #socket: Socket;
  readonly #done: (() => void) | undefined;
  #text: string | undefined = undefined;

  /** `done` is called once a text has left. */
  constructor(socket: Socket, done?: () => void) {
    this.#socket = socket;
    this.#done = done;
  }

  get waits(): boolean {
    return this.#text !== undefined;
  }

  /** Takes text of latin1, behind what waits already; it may be empty. Always true: as little as this never makes its writer wait. */
  put(text: string): true {
    if (this.#text === undefined && waiting.push(this) === 1) setImmediate(writeAll);
    this.#text = this.#text === undefined ? text : this.#text + text;
    return true;
  }

  /** Writes what waits, now. */
  write(): void {
    const text = this.#text;
    this.#text = undefined;
    if (text !== undefined) this.#socket.write(text, 'latin1', this.#done);
  }

  /** What waits is never written. */
  drop(): void {
    this.#text = undefined;
  }
}

function writeAll(): void {
  const all = waiting;
  waiting = [];
  for (const one of all) one.write();
}
