import type { Socket } from 'node:net';
import { AnswerWriter } from './answer-writer.ts';
import { readerOf } from './body-reader.ts';
import type { BodyReader } from './body-reader.ts';
import type { ConnectionHost, Phase } from './connection-host.ts';
import { asksForHead, headStillFits, startOfHead } from './head-budget.ts';
import { UNKNOWN, readFraming } from './request-framing.ts';
import { TIMED_OUT, readRequestHead } from './request-head.ts';
import type { Refused } from './request-head.ts';
import { TakenWatch } from './taken.ts';
import { afterReads } from './turn.ts';
import { MalformedBody, WireRequest } from './wire-request.ts';
import { WireResponse } from './wire-response.ts';
import type { Outlet, TunnelEnd } from './wire-response.ts';

const HEAD_END = Buffer.from('\r\n\r\n');
/** Messages up to this size wait until all sockets have been read. */
const SMALL = 8 * 1024;
/** Bytes of further requests that a client may send ahead of its answers before we stop reading. */
const MOST_AHEAD = 16 * 1024;
/** Milliseconds that a client which still sends gets to read the last answer: a reset would overtake it. */
const LINGER = 1_000;

/** One connection of HTTP/1: one request at a time, strictly read; a mistake ends it, and nothing behind it counts. */
export class Connection implements Outlet {
  readonly #socket: Socket;
  readonly #host: ConnectionHost;
  #phase: Phase = 'head';
  /** Bytes that nobody has read yet. */
  #rest: Buffer | undefined;
  #request: WireRequest | undefined;
  #response: WireResponse | undefined;
  #body: BodyReader | undefined;
  #tunnel: TunnelEnd | undefined;
  /** When the phase began: what the sweep measures from. */
  #since: number;
  /** Whether a byte of the next request has come, or none yet. */
  #begun = true;
  /** A client that reads nothing is let go. */
  readonly #taken: TakenWatch;
  readonly #answers: AnswerWriter;
  readonly #readOn = (): void => void this.#socket.resume();

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket;
    this.#host = host;
    this.#taken = new TakenWatch(socket);
    this.#answers = new AnswerWriter(socket, () => this.#finish());
    this.#since = host.clock.now;
    host.connections.add(this);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('drain', () => this.#response?.drained());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#close());
  }

  put(head: string, body: Uint8Array | undefined, tail: string): boolean {
    const { writableEnded = false, isWhole = false } = this.#response ?? {};
    return this.#answers.put({ head, body, tail }, writableEnded, isWhole);
  }

  get isFlushed(): boolean {
    return this.#answers.isFlushed;
  }

  get ahead(): boolean {
    return this.#rest !== undefined;
  }

  openTunnel(head: string, tunnel: TunnelEnd): void {
    this.#tunnel = tunnel;
    this.#enter('tunnel');
    this.#socket.write(head, 'latin1');
    if (this.#rest !== undefined) tunnel.take(this.#rest);
    this.#rest = undefined;
  }

  destroy(): void {
    this.#answers.flush();
    this.#socket.destroy();
  }

  /** Ends what is over its time (RFC 9110 section 15.5.9 for requests that do not come). */
  sweep(now: number): void {
    const { limits } = this.#host;
    const age = now - this.#since;
    switch (this.#phase) {
      case 'head':
        if (this.#begun && age > limits.headersTimeout) this.#refuse(TIMED_OUT);
        else if (!this.#begun && age > limits.idleTimeout) this.#socket.destroy();
        return;
      case 'body':
        if (age > Math.max(limits.requestTimeout, limits.headersTimeout)) this.#giveUp();
        return;
      case 'answer':
        if (this.#taken.moves()) this.#since = now;
        else if (age > limits.idleTimeout) this.destroy();
        return;
      case 'tunnel':
        return this.#tunnel?.sweep(now);
      case 'ending':
        if (age > LINGER) this.#socket.destroy();
        return;
      default:
        return this.#phase satisfies never;
    }
  }

  #take(chunk: Buffer): void {
    switch (this.#phase) {
      case 'head':
        if (!this.#begun) this.#enter('head');
        this.#begun = true;
        if (this.#rest === undefined && chunk.length <= SMALL) {
          this.#rest = chunk;
          return afterReads(this);
        }
        // A body that comes along is not gathered here.
        this.#rest = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
        return this.lookAtRead();
      case 'body':
        return this.#readBody(chunk);
      case 'answer':
        this.#rest = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
        if (this.#rest.length > MOST_AHEAD) this.#socket.pause();
        return;
      case 'tunnel':
        return this.#tunnel?.take(chunk);
      case 'ending':
        return;
      default:
        return this.#phase satisfies never;
    }
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#since = this.#host.clock.now;
    if (phase === 'ending') this.#rest = undefined;
  }

  /** Goes on with what has come, if that is a request and none is being answered. */
  lookAtRead(): void {
    const bytes = this.#rest;
    if (bytes === undefined || this.#response !== undefined) return;
    const start = startOfHead(bytes);
    const end = bytes.indexOf(HEAD_END, start);
    const over = headStillFits(bytes, { start, end, limits: this.#host.limits });
    if (over !== undefined) return this.#refuse(over);
    if (end === -1) return;
    const head = readRequestHead(bytes.toString('latin1', start, end + 2));
    if (head.kind === 'refused') return this.#refuse(head);
    const framing = readFraming(head);
    if (framing.kind === 'refused') return this.#refuse(framing);
    const behind = end + HEAD_END.length;
    this.#rest = behind < bytes.length ? bytes.subarray(behind) : undefined;
    const request = new WireRequest(head, framing, { socket: this.#socket, readOn: this.#readOn });
    const response = new WireResponse(this, request, !framing.persistent || framing.length === UNKNOWN);
    this.#request = request;
    this.#response = response;
    this.#body = readerOf(framing.length);
    this.#enter(this.#body === undefined ? 'answer' : 'body');
    this.#host.handler(request, response);
    if (this.#phase === 'body' && this.#rest !== undefined) {
      const first = this.#rest;
      this.#rest = undefined;
      this.#readBody(first);
    }
  }

  #readBody(chunk: Buffer): void {
    const [reader, request, response] = [this.#body, this.#request, this.#response];
    if (reader === undefined || request === undefined) return;
    const { part, next } = reader.read(chunk, 0);
    if (part !== undefined && request.body?.push(part) === false) this.#socket.pause();
    if (reader.broken) {
      request.body?.destroy(new MalformedBody());
      if (response === undefined) return this.#end();
      this.#enter('ending');
      response.last = true;
      return;
    }
    if (!reader.done) return;
    if (next < chunk.length) this.#rest = chunk.subarray(next);
    request.complete = true;
    request.body?.push(null);
    if (response === undefined) return this.#next();
    this.#enter('answer');
    this.#socket.resume();
  }

  /** The answer is out: the next request, or the end. */
  #finish(): void {
    const [request, response] = [this.#request, this.#response];
    if (request === undefined || response === undefined) return;
    this.#response = undefined;
    response.close();
    if (response.last) return this.#end();
    if (request.complete) return this.#next();
    // It was told that the connection goes on: what is left of the body is read over.
    request.body?.resume();
    this.#socket.resume();
  }

  #next(): void {
    this.#request = undefined;
    this.#enter('head');
    this.#begun = this.#rest !== undefined;
    this.#socket.resume();
    this.lookAtRead();
  }

  /** Says no more. A client that still sends is read for a while, and what it sends is dropped. */
  #end(): void {
    this.#enter('ending');
    this.#socket.end();
    this.#socket.resume();
  }

  /** What came is no request: nothing later on this connection is. */
  #refuse(refused: Refused): void {
    const answer = this.#host.refusal(refused, this.#socket);
    // RFC 9110 section 9.3.2: no body answers HEAD, also where the rest of the head is not read.
    const bare = this.#rest !== undefined && asksForHead(this.#rest);
    this.#socket.write(bare ? answer.slice(0, answer.indexOf('\r\n\r\n') + 4) : answer, 'latin1');
    this.#end();
  }

  /** The rest of a body did not come in time. */
  #giveUp(): void {
    const [request, response] = [this.#request, this.#response];
    if (response?.headersSent !== false) return this.destroy();
    this.#response = undefined;
    this.#refuse(TIMED_OUT);
    response.close();
    request?.body?.destroy(new Error('the body did not come in time'));
  }

  #close(): void {
    this.#host.connections.delete(this);
    const [request, response] = [this.#request, this.#response];
    this.#request = undefined;
    this.#response = undefined;
    this.#enter('ending');
    if (request?.complete === false) request.body?.destroy(new Error('the client broke off'));
    response?.close();
  }
}
