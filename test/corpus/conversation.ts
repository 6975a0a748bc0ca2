import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { readAnswers } from './answer-reader.ts';
import type { Answers } from './answer-reader.ts';
import type { Move } from './case.ts';
import { PEER } from './peer.ts';

/** Milliseconds without a byte after which nothing more is on its way; a later one is still seen, and judged as what it is. */
const QUIET = 80;
/** Milliseconds that an answered connection has to be closed in, where a row says that it must be. */
const CLOSING = 3_000;
/** Milliseconds: longer than every deadline of a fixture, on a busy machine. */
const LONGEST = 25_000;

/** One connection to the gateway and all that came back on it. */
export class Conversation {
  readonly socket: Socket;
  readonly begun = performance.now();
  /** The gateway has ended or reset it. */
  closed = false;
  /** Milliseconds from the beginning. */
  closedAfter: number | undefined = undefined;
  answeredAfter: number | undefined = undefined;
  /** Bytes that the system took from us. */
  sent = 0;
  received = 0;
  #chunks: Buffer[] = [];
  #changed = performance.now();

  readonly #head: boolean;

  /** `head`: its requests are HEAD. */
  constructor(port: number, head = false) {
    this.#head = head;
    this.socket = connect({ port, host: '127.0.0.1', localAddress: PEER, noDelay: true });
    this.socket.on('data', (chunk: Buffer) => {
      this.answeredAfter ??= performance.now() - this.begun;
      this.#chunks.push(chunk);
      this.received += chunk.length;
      this.#changed = performance.now();
    });
    const close = (): void => {
      this.closed = true;
      this.closedAfter ??= performance.now() - this.begun;
    };
    this.socket.on('end', close);
    this.socket.on('error', close);
    this.socket.on('close', close);
  }

  get bytes(): Buffer {
    const [first = Buffer.alloc(0), ...more] = this.#chunks;
    if (more.length === 0) return first;
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }

  /** Nothing came or went for a while. */
  get quiet(): boolean {
    return this.#idle > QUIET;
  }

  get #idle(): number {
    return performance.now() - this.#changed;
  }

  answers(): Answers {
    return readAnswers(this.bytes, { ended: this.closed, head: this.#head });
  }

  /** Sends; stops early when the gateway has closed. */
  async send(bytes: Uint8Array): Promise<void> {
    if (this.closed) return;
    this.sent += bytes.length;
    this.#changed = performance.now();
    if (this.socket.write(bytes)) return;
    while (!this.closed && this.socket.writableNeedDrain) await wait(2);
  }

  /** Plays a script to its end, or until the gateway has closed. */
  async play(moves: readonly Move[]): Promise<void> {
    for (const move of moves) {
      if (this.closed) return;
      switch (move.kind) {
        case 'send':
          await this.#sendTimes(move);
          break;
        case 'wait':
          await this.until(() => false, move.time);
          break;
        case 'half-close':
          this.socket.end();
          break;
        case 'stop-reading':
          this.socket.pause();
          break;
        default:
          move satisfies never;
      }
    }
  }

  async #sendTimes({ bytes, times, delay }: Extract<Move, { kind: 'send' }>): Promise<void> {
    if (delay > 0 || times === 1) {
      for (let count = 0; count < times && !this.closed; count += 1) {
        if (delay > 0) await this.until(() => false, delay);
        await this.send(bytes);
      }
      return;
    }
    // Pieces of some size: a hundred thousand writes of seven bytes would measure the test.
    const together = Math.max(1, Math.floor(65_536 / bytes.length));
    for (let count = 0; count < times && !this.closed; count += together) {
      await this.send(Buffer.concat(Array.from({ length: Math.min(together, times - count) }, () => bytes)));
    }
  }

  /** Waits until it holds, the gateway has closed, or the time is over. */
  async until(holds: () => boolean, longest = LONGEST): Promise<void> {
    const end = performance.now() + longest;
    while (!this.closed && !holds()) {
      const left = end - performance.now();
      if (left <= 0) return;
      await wait(Math.min(left, 10));
    }
  }

  /** Waits until all has been said that there is to say; with `close`, until the gateway has closed or has had its time. */
  async settle(close: boolean): Promise<void> {
    await this.until(() => {
      if (this.#idle < (close ? CLOSING : QUIET) || this.bytes.length === 0) return false;
      const { final, malformed } = this.answers();
      return malformed !== undefined || final.at(-1)?.complete === true;
    });
  }

  /** Waits until all that was asked is answered, the last with `expected`, or has had its time. */
  async settleOn(expected: string): Promise<void> {
    const before = this.received;
    await this.until(() => {
      if (this.quiet && this.bytes.includes(expected)) return true;
      return this.received > before && this.#idle > CLOSING;
    });
  }

  destroy(): void {
    this.socket.destroy();
  }
}
