import type { Socket } from 'node:net';
import { UpstreamError } from './upstream-error.ts';

/** Where a request's body comes from: it pushes into a sink. */
export interface BodySource {
  /** Bytes that it will give; undefined when only its end tells. */
  readonly length: number | undefined;
  /** Begins; called once. */
  flowTo(sink: BodySink): void;
  /** Goes on after `write` said false. */
  resume(): void;
  /** Nobody wants the rest. */
  stop(): void;
}

/** Where it goes. */
export interface BodySink {
  /** False asks the source to wait for `resume`. */
  write(chunk: Uint8Array): boolean;
  end(): void;
  /** The rest of the body never comes. */
  fail(error: Error): void;
}

/** A body up to this size leaves in one piece with its head: copying it costs less than a second buffer in the write. */
export const SMALL = 16 * 1024;

/** Bytes of one write; a larger body goes piece by piece, so that a slow upstream is told from one that hangs. */
const PIECE = 64 * 1024;

/** A body that is there whole. */
export class WholeBody implements BodySource {
  readonly #bytes: Uint8Array;
  #at = 0;
  #sink: BodySink | undefined = undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get length(): number {
    return this.#bytes.length;
  }

  flowTo(sink: BodySink): void {
    this.#sink = sink;
    this.resume();
  }

  resume(): void {
    while (this.#at < this.#bytes.length && this.#sink !== undefined) {
      const piece = this.#bytes.subarray(this.#at, this.#at + PIECE);
      this.#at += piece.length;
      if (!this.#sink.write(piece)) return;
    }
    this.#sink?.end();
    this.#sink = undefined;
  }

  stop(): void {
    this.#sink = undefined;
  }
}

/** Who is told how the sending goes. */
export interface SendingWatch {
  /** Bytes went out. True: the socket takes more; false: it is the upstream's turn, to take them or to answer. */
  sending(flows: boolean): void;
  /** It will never be. */
  unsent(error: Error): void;
}

/**
 * Sends one body, behind its head: counted where the head told its length, in chunks (RFC 9112 section 7.1) otherwise. It
 * never makes up an end: a body that is not what it was said to be is reported, and the connection must not be used again.
 */
export class BodySender implements BodySink {
  readonly #socket: Socket;
  readonly #source: BodySource;
  readonly #watch: SendingWatch;
  readonly #chunked: boolean;
  #left: number;
  #open = true;
  /** True once the last byte was written. */
  done = false;

  constructor(socket: Socket, source: BodySource, watch: SendingWatch) {
    this.#socket = socket;
    this.#source = source;
    this.#watch = watch;
    this.#chunked = source.length === undefined;
    this.#left = source.length ?? 0;
  }

  /** Writes head and body; what of the body is there within this turn shares its write with the head. */
  begin(head: string): void {
    const socket = this.#socket;
    socket.cork();
    socket.write(head, 'latin1');
    this.#source.flowTo(this);
    process.nextTick(uncork, socket);
  }

  write(chunk: Uint8Array): boolean {
    if (!this.#open || chunk.length === 0) return true;
    if (this.#chunked) return this.#told(this.#writeChunk(chunk));
    this.#left -= chunk.length;
    if (this.#left < 0) {
      this.#mismatch();
      return true;
    }
    const flows = this.#told(this.#socket.write(chunk));
    if (this.#left === 0) this.#finish();
    return flows;
  }

  end(): void {
    if (!this.#open) return;
    if (this.#left > 0) return this.#mismatch();
    if (this.#chunked) this.#socket.write('0\r\n\r\n', 'latin1');
    this.#finish();
    this.#open = false;
  }

  fail(error: Error): void {
    if (!this.#open) return;
    this.#open = false;
    this.#watch.unsent(error);
  }

  /** The socket takes more. */
  drained(): void {
    if (!this.#open || this.done) return;
    this.#watch.sending(true);
    this.#source.resume();
  }

  /** Sends no more. */
  stop(): void {
    this.#open = false;
    this.#source.stop();
  }

  #told(flows: boolean): boolean {
    this.#watch.sending(flows);
    return flows;
  }

  #writeChunk(chunk: Uint8Array): boolean {
    const socket = this.#socket;
    socket.cork();
    socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
    socket.write(chunk);
    const flows = socket.write('\r\n', 'latin1');
    socket.uncork();
    return flows;
  }

  #finish(): void {
    if (this.done) return;
    this.done = true;
    this.#watch.sending(false);
  }

  #mismatch(): void {
    this.fail(new UpstreamError('POSTERN_BODY_LENGTH', 'the body of the request is not as long as it said'));
  }
}

function uncork(socket: Socket): void {
  socket.uncork();
}
