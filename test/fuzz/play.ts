import { connect } from 'node:net';
import { setImmediate, setTimeout as wait } from 'node:timers/promises';
import { readAnswers } from '../corpus/answer-reader.ts';
import type { Answers } from '../corpus/answer-reader.ts';
import { piecesOf } from './input.ts';
import type { Input } from './input.ts';
import { readRequests } from './reading.ts';
import type { Reading } from './reading.ts';

/** What a client saw of its own bytes. */
export interface Played {
  readonly input: Input;
  /** That of the client: no other input has it. */
  readonly address: string;
  readonly reading: Reading;
  readonly answers: Answers;
  /** By the gateway. */
  readonly closed: boolean;
  /** There was more to come, and it did not, though the gateway answered others meanwhile. */
  readonly stalled: boolean;
}

/** Milliseconds without a byte after which we ask whether the gateway is at work at all. */
const QUIET = 400;
/** Milliseconds: longer than the gateway takes for anything, on a busy machine. */
const LONGEST = 120_000;
/** Milliseconds that bytes get which nobody should send. */
const GRACE = 2;
/** Every address of 127/8 is ours on Linux; elsewhere there is one, and one input at a time. */
const MANY = process.platform === 'linux';
/** Inputs that are played at a time. */
export const PARALLEL = MANY ? 24 : 1;

let played = 0;

/** An address of loopback that no input had before, or not for a long time. */
function nextAddress(): string {
  played += 1;
  return MANY ? `127.${1 + ((played >> 16) % 250)}.${(played >> 8) & 255}.${played & 255}` : '127.0.0.1';
}

/** Sends an input on a connection of its own and reads what comes, to its end. `probe` asks the gateway something else. */
export async function play(port: number, input: Input, probe: () => Promise<void>): Promise<Played> {
  const address = nextAddress();
  const reading = readRequests(input.text);
  const client = new Client(port, address, reading);
  const pieces = piecesOf(input);
  // What is written before there is a connection leaves in one piece.
  if (pieces.length > 1) await client.connected();
  for (const [at, piece] of pieces.entries()) {
    if (client.closed) break;
    client.write(piece);
    if (at === pieces.length - 1) break;
    // Two turns: what is written now is read before the rest is.
    await setImmediate();
    await setImmediate();
  }
  const stalled = !(await client.settled(probe));
  const answers = client.answers();
  const { closed } = client;
  client.destroy();
  return { input, address, reading, answers, closed, stalled };
}

/** Makes what asks the gateway something that it has to answer, and goes on once it has. `sees` gets every try of it. */
export function probeOf(
  port: number,
  path: string,
  sees: (played: Played) => void = () => undefined,
): () => Promise<void> {
  const text = `GET ${path} HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n\r\n`;
  return async () => {
    for (let tries = 0; ; tries += 1) {
      const played = await play(port, { text, cuts: [] }, () => wait(5_000, undefined, { ref: false }));
      sees(played);
      const status = played.answers.final[0]?.status;
      if (status === 200) return;
      // A gateway that has too much to do says so.
      if (status !== 503 || tries === 100) throw new Error(`a clean request got ${JSON.stringify(played.answers)}`);
      await wait(50);
    }
  };
}

class Client {
  readonly #socket;
  readonly #reading: Reading;
  #received: Buffer = Buffer.alloc(0);
  #waiting: (() => void)[] = [];
  closed = false;

  constructor(port: number, address: string, reading: Reading) {
    this.#reading = reading;
    this.#socket = connect({ port, host: '127.0.0.1', localAddress: address, noDelay: true });
    this.#socket.on('data', (chunk: Buffer) => {
      this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
      this.#changed();
    });
    const close = (): void => {
      this.closed = true;
      this.#changed();
    };
    this.#socket.on('end', close).on('error', close).on('close', close);
  }

  async connected(): Promise<void> {
    while (this.#socket.connecting && !this.closed) await setImmediate();
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  answers(): Answers {
    const { requests } = this.#reading;
    return readAnswers(this.#received, { ended: this.closed, head: (at) => requests[at]?.method === 'HEAD' });
  }

  /** Waits until there is nothing more to come; false when it does not come. */
  async settled(probe: () => Promise<void>): Promise<boolean> {
    for (;;) {
      if (this.#done()) {
        if (!this.closed) await this.#change(GRACE);
        if (this.#done()) return true;
      }
      if (await this.#change(QUIET)) continue;
      const proven = probe().then(probe);
      const over = proven.catch(() => undefined);
      const came = this.#change(LONGEST);
      if (await Promise.race([came, proven.then(() => false)])) {
        // Whoever looks at what came upstream has to know of these requests too.
        await over;
        continue;
      }
      // What a busy machine has held up is here now.
      if (!(await this.#change(QUIET)) && !this.#done()) return false;
    }
  }

  #done(): boolean {
    if (this.closed) return true;
    const { requests, end } = this.#reading;
    if (end === 'over' || end === 'malformed') return false;
    const { final, malformed } = this.answers();
    if (malformed !== undefined) return true;
    const last = final.at(-1);
    const ends =
      last?.complete === true && last.lines.some(([name, value]) => name === 'connection' && value === 'close');
    const whole = requests.filter(({ body }) => body !== undefined).length;
    return !ends && final.filter(({ complete }) => complete).length >= whole;
  }

  /** True when something came, or the end did; false after so many milliseconds. */
  #change(milliseconds: number): Promise<boolean> {
    if (this.closed) return Promise.resolve(true);
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve(false), milliseconds);
      late.unref();
      this.#waiting.push(() => {
        clearTimeout(late);
        resolve(true);
      });
    });
  }

  #changed(): void {
    for (const tell of this.#waiting.splice(0)) tell();
  }
}
