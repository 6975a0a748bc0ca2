import type { Socket } from 'node:net';

/** Who has bytes to look at that were read in this turn. */
export interface TurnReader {
  /** Looks at what was read; a no-op where nothing is left of it. */
  lookAtRead(): void;
}

/** So many messages are decided before what they say is written: in a turn with thousands the first does not wait for the last. */
const MOST_TOGETHER = 64;

/**
 * A turn that brings so many messages is worth its parts. With fewer, who sends and who answers would wait for us by turns: four
 * clients at a time would get a third less.
 */
const WORTH = 8;
/** After so many messages that were handled as they came, a turn is tried in parts. */
const TRIAL = 32;

let readers: TurnReader[] = [];
let writers: WaitingText[] = [];
let isDue = false;
/** Whether turns are in parts, as long as they are worth it. */
let isBusy = false;
let sinceTrial = 0;

/**
 * A busy turn of the event loop has three parts: first all sockets with something to read are read, then the messages that came are looked
 * at and decided one after the other, then what is to be said is written. Code and kernel so take turns once and not for each
 * message, and whoever reads what is written is woken once for many of them.
 */
function turn(): void {
  const all = readers;
  readers = [];
  isBusy = all.length >= WORTH;
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

/** Calls `lookAtRead`: in a busy turn when all sockets have been read, else at once. */
export function afterReads(reader: TurnReader): void {
  if (!isBusy && !isDue && !triesParts()) return reader.lookAtRead();
  readers.push(reader);
  atTurn();
}

function triesParts(): boolean {
  sinceTrial = (sinceTrial + 1) % TRIAL;
  return sinceTrial === 0;
}

/** Text for one socket that waits, in a busy turn, until the messages are decided. */
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
    if (!isBusy && !isDue) {
      this.#socket.write(text, 'latin1', this.#done);
      return true;
    }
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
