import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { Test } from 'tap';
import type { UpstreamCall, UpstreamHandler } from '../src/wire/upstream-call.ts';
import { dialTo } from '../src/wire/upstream-dial.ts';
import type { DialOptions } from '../src/wire/upstream-dial.ts';
import { UpstreamPool } from '../src/wire/upstream-pool.ts';
import { UpstreamRoom } from '../src/wire/upstream-room.ts';
import type { UpstreamRequest } from '../src/wire/upstream-request.ts';
import { listen } from '../../../test/kit/listen.ts';

/** What an upstream that speaks bytes got, and where it listens. */
export interface RawUpstream {
  readonly server: Server;
  readonly port: number;
  /** The bytes of every connection so far, in order of their opening. */
  readonly got: string[];
  readonly sockets: Socket[];
}

/** A request's head as it came, the how manieth it is on its connection, and the how manieth connection that is. */
export interface RawHead {
  readonly text: string;
  readonly nth: number;
  readonly connection: number;
}

/** Starts an upstream that answers heads with whatever `answer` writes; bodies are read over. */
export async function rawUpstreamFor(
  t: Test,
  answer: (socket: Socket, head: RawHead) => void = () => undefined,
): Promise<RawUpstream> {
  const got: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    const connection = sockets.push(socket) - 1;
    got.push('');
    let nth = 0;
    let open = '';
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      const came = bytes.toString('latin1');
      got[connection] += came;
      open += came;
      for (let end = open.indexOf('\r\n\r\n'); end !== -1; end = open.indexOf('\r\n\r\n')) {
        const head = open.slice(0, end + 4);
        open = open.slice(end + 4);
        // What of a body stands before it is no matter here.
        const text = /[A-Z]+ \S+ HTTP\/1\.1\r\n[^]*/.exec(head)?.[0];
        if (text !== undefined) answer(socket, { text, nth: nth++, connection });
      }
    });
  });
  return { server, port: await listen(t, server), got, sockets };
}

interface PoolWishes {
  readonly most?: number;
  readonly mostWaiting?: number;
  readonly room?: UpstreamRoom;
  readonly connect?: number;
  readonly headers?: number;
  readonly idle?: number;
  readonly dial?: Partial<DialOptions>;
}

/** Makes a pool towards a port of loopback; closed when the test ends. */
export function poolFor(t: Test, port: number, wishes: PoolWishes = {}): UpstreamPool {
  const { most = 10, mostWaiting = Infinity, connect = 5_000, headers = 5_000, idle = 5_000 } = wishes;
  const { room = new UpstreamRoom(Infinity) } = wishes;
  const dial = dialTo({ host: '127.0.0.1', port, lookup: undefined, tls: undefined, ...wishes.dial });
  const pool = new UpstreamPool({ dial, timeouts: { connect, headers, idle }, most, mostWaiting, room });
  t.teardown(() => pool.close());
  return pool;
}

/** What a handler was told, in words that tables can compare. */
export class Heard implements UpstreamHandler {
  status = 0;
  pairs: readonly string[] = [];
  body = '';
  size = 0;
  /** How often it was told anything after the end. */
  after = 0;
  outcome: 'open' | 'whole' | Error = 'open';
  /** What it says to `onHead` and `onData`. */
  flows = true;
  /** Nothing of a chunk is in use once it is counted. */
  readonly keeps = false;
  readonly begun: Promise<void>;
  readonly over: Promise<void>;
  #begin: () => void = () => undefined;
  #end: () => void = () => undefined;

  constructor() {
    this.begun = new Promise((resolve) => (this.#begin = resolve));
    this.over = new Promise((resolve) => (this.#end = resolve));
  }

  onHead(status: number, pairs: string[]): boolean {
    this.#note();
    this.status = status;
    this.pairs = pairs;
    this.#begin();
    return this.flows;
  }

  onData(chunk: Buffer): boolean {
    this.#note();
    this.size += chunk.length;
    if (this.size <= 65_536) this.body += chunk.toString('latin1');
    return this.flows;
  }

  onEnd(): void {
    this.#note();
    this.outcome = 'whole';
    this.#end();
  }

  onError(error: Error): void {
    this.#note();
    this.outcome = error;
    this.#begin();
    this.#end();
  }

  /** The code of the error that ended it. */
  get code(): string {
    return this.outcome instanceof Error && 'code' in this.outcome ? String(this.outcome.code) : String(this.outcome);
  }

  #note(): void {
    if (this.outcome !== 'open') this.after += 1;
  }
}

/** Asks, and waits for what becomes of it, and until its connection could be used again. */
export async function ask(pool: UpstreamPool, more: Partial<UpstreamRequest> = {}): Promise<Heard> {
  const { heard } = begin(pool, more);
  await heard.over;
  await rest();
  return heard;
}

/** Lets the event loop turn as often as a connection rests. */
export async function rest(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
}

/** Asks. */
export function begin(
  pool: UpstreamPool,
  more: Partial<UpstreamRequest> = {},
  heard = new Heard(),
): { readonly heard: Heard; readonly call: UpstreamCall } {
  const request = { method: 'GET', path: '/', host: 'up.test', pairs: [], body: undefined, fresh: false, ...more };
  return { heard, call: pool.call(request, heard) };
}

/** Writes a text byte by byte, with so many milliseconds in between. */
export function drip(socket: Socket, text: string, every: number): void {
  if (text === '' || socket.destroyed) return;
  socket.write(text.slice(0, 1));
  setTimeout(() => drip(socket, text.slice(1), every), every);
}

/** An answer with a length. */
export function ok(body: string, more = ''): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`;
}
