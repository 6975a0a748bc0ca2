import type { UpstreamRequest } from './upstream-request.ts';

/** Who gets the answer. What it calls in turn on the call takes effect at once. */
export interface UpstreamHandler {
  /** The head came, names in lower case. False: the body and its end wait for `resume`. */
  onHead(status: number, pairs: string[]): boolean;
  /** A piece of the body; the handler may keep it. False: the rest waits for `resume`. */
  onData(chunk: Buffer): boolean;
  /** Whether the last piece is still in use; its memory is read into again where it is not. */
  readonly keeps: boolean;
  /** The answer is whole. */
  onEnd(): void;
  /** It never will be. After the head: what came of it must not look whole. */
  onError(error: Error): void;
}

/** The connection that a call is on. */
export interface Carrier {
  resume(): void;
  abort(): void;
}

/** One request and its answer. It knows its connection only as long as that is its own: a late `abort` harms nobody else. */
export class UpstreamCall {
  readonly request: UpstreamRequest;
  readonly handler: UpstreamHandler;
  readonly head: string;
  carrier: Carrier | undefined = undefined;
  /** True once its maker has given it up. */
  aborted = false;
  /** The next in the queue, and until when this one waits in it. */
  next: UpstreamCall | undefined = undefined;
  until = Infinity;

  constructor(request: UpstreamRequest, handler: UpstreamHandler, head: string) {
    this.request = request;
    this.handler = handler;
    this.head = head;
  }

  /** Lets the answer flow again. */
  resume(): void {
    this.carrier?.resume();
  }

  /** Ends the call; its handler hears nothing more. */
  abort(): void {
    const { carrier } = this;
    this.aborted = true;
    this.carrier = undefined;
    carrier?.abort();
  }
}
