import type { Socket } from 'node:net';
import { latin1 } from './latin1.ts';
import { WaitingText } from './turn.ts';
import { BodySender, SMALL, WholeBody } from './upstream-body.ts';
import type { SendingWatch } from './upstream-body.ts';
import type { UpstreamRequest } from './upstream-request.ts';

/** Sends the requests of one connection to an upstream, one after the other. */
export class RequestSender {
  readonly #socket: Socket;
  readonly #watch: SendingWatch;
  readonly #whole: WaitingText;
  #body: BodySender | undefined = undefined;

  constructor(socket: Socket, watch: SendingWatch) {
    this.#socket = socket;
    this.#watch = watch;
    this.#whole = new WaitingText(socket);
  }

  /** Sends head and body. Of a body that does not leave in one piece with its head the watch is told. */
  send(head: string, body: UpstreamRequest['body']): void {
    if (body === undefined) this.#whole.put(head);
    else if (body instanceof Uint8Array && body.length <= SMALL) this.#whole.put(head + latin1(body));
    else {
      this.#body = new BodySender(this.#socket, body instanceof Uint8Array ? new WholeBody(body) : body, this.#watch);
      this.#watch.sending(true);
      this.#body.begin(head);
    }
  }

  /** Whether nothing of the request has left. */
  get waits(): boolean {
    return this.#whole.waits;
  }

  /** Whether there is a rest that has not been written. */
  get lacks(): boolean {
    return this.#body?.done === false;
  }

  /** The socket takes more. */
  drained(): void {
    this.#body?.drained();
  }

  /** Sends no more. */
  stop(): void {
    this.#whole.drop();
    this.#body?.stop();
  }

  /** Before the next request. */
  reset(): void {
    this.stop();
    this.#body = undefined;
  }
}
