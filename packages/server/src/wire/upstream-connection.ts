import type { Socket } from 'node:net';
import type { ConnectionOwner } from './connection-owner.ts';
import { RequestSender } from './request-sender.ts';
import { ResponseBody } from './response-body.ts';
import type { ResponseHead } from './response-head.ts';
import { afterReads } from './turn.ts';
import type { SendingWatch } from './upstream-body.ts';
import type { Carrier, UpstreamCall } from './upstream-call.ts';
import type { Dial } from './upstream-dial.ts';
import { UpstreamError } from './upstream-error.ts';
import type { Ending, UpstreamProblem } from './upstream-error.ts';
import { HeadReader } from './upstream-head.ts';
import { SMALL } from './upstream-reads.ts';
import type { TakeBytes } from './upstream-reads.ts';

/**
 * One connection to an upstream, with one call at a time: it writes the request and reads the answer. Whatever is not exactly
 * one well-formed answer to that request ends it (RFC 9112 section 9): a byte too many, a byte out of turn, a body cut short.
 */
export class UpstreamConnection implements Carrier, SendingWatch {
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner<UpstreamConnection>;
  readonly #heads = new HeadReader();
  readonly #body = new ResponseBody();
  readonly #sender: RequestSender;
  #state: 'connecting' | 'idle' | 'head' | 'body' | 'gone' = 'connecting';
  #call: UpstreamCall | undefined;
  #idleFor = 0;
  #paused = false;
  /** What was read in this turn, and nobody has looked at. */
  #unread: Buffer | undefined = undefined;
  /** What was read and is held back until the call resumes, and how the socket ended meanwhile. */
  #held: Buffer | undefined = undefined;
  #late: Ending | undefined = undefined;
  #reused = false;
  /** Whether the handler still uses what was read last. */
  #kept = false;
  #retired: boolean;
  /** Who reads once the protocol was switched. */
  #onward: TakeBytes | undefined = undefined;
  /** When, by `performance.now()`, the owner calls `expire`. */
  deadline: number;

  /** Opens it, for a call that begins once it is there. */
  constructor(dial: Dial, owner: ConnectionOwner<UpstreamConnection>, call: UpstreamCall) {
    const socket = dial.open((bytes) => this.#take(bytes));
    this.#socket = socket;
    this.#sender = new RequestSender(socket, this);
    this.#owner = owner;
    this.#call = call;
    call.carrier = this;
    // Who was asked for another protocol and stays with this one may see the next request as the other's bytes.
    this.#retired = call.request.onSwitch !== undefined;
    this.deadline = performance.now() + owner.timeouts.connect;
    socket.once(dial.ready, () => this.#connected());
    socket.on('drain', () => this.#sender.drained());
    socket.on('end', () => this.#ended('finished'));
    socket.on('error', (error: Error) => this.#ended(error));
    socket.on('close', () => this.#ended('closed'));
  }

  /** True while it waits and may be given a call. A socket that broke in this very turn has not said so yet. */
  isUsable(now: number): boolean {
    return this.#state === 'idle' && now < this.deadline && !this.#socket.destroyed;
  }

  /** Writes the call's request. */
  begin(call: UpstreamCall): void {
    this.#call = call;
    call.carrier = this;
    this.#state = 'head';
    this.#heads.maySwitch = call.request.onSwitch !== undefined;
    this.deadline = performance.now() + this.#owner.timeouts.headers;
    this.#sender.send(call.head, call.request.body);
  }

  resume(): void {
    if (!this.#paused) return;
    const [call, held] = [this.#call, this.#held];
    this.#paused = false;
    this.#held = undefined;
    this.deadline = performance.now() + this.#owner.timeouts.idle;
    if (held !== undefined) this.#readBody(held, 0);
    if (this.#call !== call || this.#paused) return;
    if (this.#late === undefined) this.#socket.resume();
    else this.#ended(this.#late);
  }

  abort(): void {
    this.#detach();
    this.close();
  }

  /** Time is up for what it does now. */
  expire(): void {
    if (this.#state === 'idle') return this.close();
    const phase = this.#state === 'connecting' ? 'CONNECT' : this.#state === 'body' ? 'BODY' : 'HEADERS';
    this.#fail(`POSTERN_${phase}_TIMEOUT`, 'the upstream is late');
  }

  /** Ends it now if it waits, or when its call ends. */
  retire(): void {
    this.#retired = true;
    if (this.#state === 'idle') this.close();
  }

  /** Ends it, and the call on it without a word. */
  close(): void {
    if (this.#state === 'gone') return;
    this.#state = 'gone';
    this.#sender.stop();
    this.#held = undefined;
    this.#socket.destroy();
    this.#owner.gone(this);
  }

  /** While the client is slow with its body nobody waits for the upstream; while the upstream takes none, all do. */
  sending(flows: boolean): void {
    if (this.#state === 'head') this.deadline = flows ? Infinity : performance.now() + this.#owner.timeouts.headers;
  }

  /** From here on it does not keep the process alive; who waits for it does. */
  #connected(): void {
    this.#socket.unref();
    if (this.#call !== undefined) this.begin(this.#call);
  }

  #take(bytes: Buffer): ReturnType<TakeBytes> {
    if (this.#state === 'head' && this.#unread === undefined && !this.#sender.waits && bytes.length <= SMALL) {
      this.#unread = bytes;
      afterReads(this);
      return 'kept';
    }
    this.lookAtRead();
    if (this.#onward !== undefined) return this.#onward(bytes);
    this.#read(bytes);
    return this.#paused ? 'paused' : this.#kept ? 'kept' : 'done';
  }

  /** Looks at what was read in this turn. */
  lookAtRead(): void {
    const bytes = this.#unread;
    this.#unread = undefined;
    if (bytes !== undefined) this.#read(bytes);
  }

  #read(bytes: Buffer): void {
    // To a request that has not left yet nothing answers.
    if (this.#sender.waits) return this.#fail('POSTERN_NO_ANSWER', 'bytes came before the request was sent');
    let at = 0;
    if (this.#state === 'head') {
      at = this.#heads.read(bytes, 0, this.#call?.request.method === 'HEAD');
      if (this.#heads.problem !== undefined) return this.#fail('POSTERN_BAD_ANSWER', this.#heads.problem);
      if (this.#heads.head?.status === 101) return this.#switch(this.#heads.head.pairs, bytes.subarray(at));
      if (this.#heads.head !== undefined) this.#takeHead(this.#heads.head);
    } else if (this.#state === 'idle') return this.close();
    if (this.#state !== 'body') return;
    if (this.#paused) this.#held = Buffer.concat([this.#held ?? Buffer.alloc(0), bytes.subarray(at)]);
    else this.#readBody(bytes, at);
  }

  #takeHead({ status, pairs, body, idleFor }: ResponseHead): void {
    this.#state = 'body';
    this.#idleFor = idleFor;
    this.#body.begin(body);
    // Who refuses the request does not want the rest of it; who answers well may answer as it reads.
    if (status >= 400) this.#sender.stop();
    if (this.#call?.handler.onHead(status, pairs) === false && this.#call !== undefined) this.#pause();
  }

  /** The socket is the caller's from now on: nothing here ends it any more. */
  #switch(pairs: readonly string[], first: Buffer): void {
    this.#state = 'gone';
    this.#kept = true;
    this.#owner.gone(this);
    this.#onward = this.#detach()?.request.onSwitch?.({ pairs, socket: this.#socket, first });
  }

  #readBody(bytes: Buffer, from: number): void {
    const [call, body] = [this.#call, this.#body];
    if (call === undefined) return;
    const part = body.read(bytes, from);
    const flows = part === undefined || call.handler.onData(part);
    this.#kept = part !== undefined && call.handler.keeps;
    if (this.#call !== call) return;
    if (body.broken) this.#fail('POSTERN_BAD_ANSWER', 'the body is not in chunks');
    else if (body.done) this.#finish(body.next < bytes.length);
    else if (flows) this.deadline = performance.now() + this.#owner.timeouts.idle;
    else this.#pause();
  }

  #pause(): void {
    this.#paused = true;
    this.deadline = Infinity;
    this.#socket.pause();
  }

  /** The answer is whole. Bytes behind it, or a request that was not, and nobody else gets this connection. */
  #finish(surplus: boolean): void {
    const call = this.#detach();
    const isOver = surplus || this.#retired || this.#late !== undefined || this.#socket.destroyed;
    if (isOver || this.#idleFor === 0 || this.#sender.lacks) this.close();
    else {
      this.#state = 'idle';
      this.#sender.reset();
      this.#heads.reset();
      this.#reused = true;
      this.deadline = performance.now() + this.#idleFor;
      const wasPaused = this.#socket.isPaused();
      if (wasPaused) this.#socket.resume();
      if (wasPaused || this.#body.none) this.#owner.doubted(this);
      else this.#owner.freed(this);
    }
    call?.handler.onEnd();
  }

  /** The other side ended its half, or the socket broke or closed. */
  #ended(ending: Ending): void {
    this.lookAtRead();
    if (this.#held !== undefined) {
      this.#late ??= ending;
      return;
    }
    const cause = ending instanceof Error ? ending : undefined;
    if (this.#state === 'gone') return;
    if (this.#state === 'idle') return this.close();
    if (this.#state === 'connecting') this.#fail('POSTERN_UNREACHABLE', 'no connection', cause);
    else if (!this.#heads.begun) this.#fail('POSTERN_NO_ANSWER', 'the connection ended before an answer', cause);
    else if (ending === 'finished' && this.#state === 'body' && this.#body.endsWithConnection) this.#finish(true);
    else this.#fail('POSTERN_ANSWER_CUT', 'the connection ended in mid-answer', cause);
  }

  #fail(problem: UpstreamProblem, message: string, cause?: Error): void {
    this.unsent(new UpstreamError(problem, message, { reused: this.#reused, cause }));
  }

  /** Ends it, and the call with this error. */
  unsent(error: Error): void {
    const call = this.#detach();
    this.close();
    call?.handler.onError(error);
  }

  #detach(): UpstreamCall | undefined {
    const call = this.#call;
    this.#call = undefined;
    if (call !== undefined) call.carrier = undefined;
    return call;
  }
}
