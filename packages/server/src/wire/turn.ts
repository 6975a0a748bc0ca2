import type { Socket } from 'node:net';

/** Who has bytes to look at that were read in this turn. */
export interface TurnReader {
  /** Looks at what was read; a no-op where nothing is left of it. */
  lookAtRead(): void;
}

/** So many messages are decided before what they say is written: in a turn with thousands the first does not wait for the last. */
const MOST_TOGETHER = 64;

let readers: TurnReader[] = [];
let writers: WaitingText[] = [];
let isDue = false;

/**
 * A turn of the event loop in three parts: first all sockets with something to read are read, then the messages that came are looked
 * at and decided one after the other, then what is to be said is written. Code and kernel so take turns once and not for each
 * message, and whoever reads what is written is woken once for many of them. A turn with one message waits for nothing.
 */
function turn(): void {
  const all = readers;
  readers = [];
  try {
    for (let at = 0; at < all.length; at += 1) {
      all[at]?.lookAtRead();
      if (at % MOST_TOGETHER === MOST_TOGETHER - 1) writeAll();
    }
  } finally {
    isDue = false;
    writeAll();
  }
}

function writeAll(): void {
  const all = writers;
  writers = [];
  for (const writer of all) writer.write();
}

function atTurn(): void {
  if (isDue) return;
  isDue = true;
  setImmediate(turn);
}

/** Decides and writes now what would wait for the end of this turn: before work that it would have to wait for. */
export function endTurn(): void {
  if (isDue) turn();
}

/** Calls `lookAtRead` when all sockets have been read in this turn. */
export function afterReads(reader: TurnReader): void {
  readers.push(reader);
  atTurn();
}

/** Text for one socket that waits until the messages of this turn are decided. */
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
    if (this.#text === undefined) {
      writers.push(this);
      atTurn();
    }
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
