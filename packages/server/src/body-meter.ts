import { Readable } from 'node:stream';
import { askForBody } from './bodies.ts';
import type { Flight } from './flight.ts';
import { bodyOf } from './raw.ts';
import { lookAtRequestBody } from './shadow-body.ts';
import type { Onlooker } from './shadow-body.ts';
import { BODY_TOO_LARGE, failUpstream } from './upstream-failure.ts';
import type { BodySink, BodySource } from './wire/upstream-body.ts';

/** The client's body on its way upstream: counted, and cut off over the limit. Back-pressure passes through. */
export class MeteredBody implements BodySource {
  readonly #flight: Flight;
  readonly #body: Readable | undefined;
  readonly #onlooker: Onlooker | undefined;
  /** What the client said; its server sees to it that it is true, and so does who sends it on. */
  readonly length: number | undefined;
  #sink: BodySink | undefined = undefined;
  #open = true;

  constructor(flight: Flight) {
    const length = flight.request.headers.get('content-length');
    this.#flight = flight;
    this.#body = bodyOf(flight.raw);
    this.length = length === undefined ? undefined : Number(length);
    this.#onlooker = lookAtRequestBody(flight);
  }

  flowTo(sink: BodySink): void {
    this.#sink = sink;
    askForBody(this.#flight);
    const body = this.#body;
    body?.on('data', (chunk: Uint8Array) => this.#take(chunk));
    body?.once('end', () => this.#finish());
    // A client that breaks off in mid-body never ends its stream: the upstream must not take half for the whole.
    body?.once('error', (error: Error) => this.#break(error));
    body?.once('aborted', () => this.#break(new Error('the client broke off')));
    // It may have failed while the connection to the upstream was being opened: nobody is told a second time.
    if (body !== undefined && body.errored !== null) this.#break(body.errored);
  }

  resume(): void {
    this.#body?.resume();
  }

  /** The rest is still read, so that the client's connection comes to its next request. */
  stop(): void {
    this.#sink = undefined;
    this.#body?.resume();
  }

  #take(chunk: Uint8Array): void {
    if (!this.#open) return;
    const { exchange, context } = this.#flight;
    exchange.bytesIn += chunk.length;
    if (exchange.bytesIn > context.limits.bodyBytes) {
      const error = new BodyTooLarge();
      if (this.#sink !== undefined) failUpstream(this.#flight, error);
      this.#break(error);
      return;
    }
    this.#onlooker?.chunk(chunk);
    if (this.#sink?.write(chunk) === false) this.#body?.pause();
  }

  #finish(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#onlooker?.end();
    this.#sink?.end();
  }

  #break(error: Error): void {
    if (!this.#open) return;
    this.#open = false;
    this.#onlooker?.cut();
    this.#sink?.fail(error);
  }
}

/** The same body as a stream, for the lane that wants one. */
export class BodyStream extends Readable implements BodySink {
  readonly #source: BodySource;
  #begun = false;

  constructor(source: BodySource) {
    super();
    this.#source = source;
    // undici reports what it sees of an error; without a listener it would be thrown.
    this.on('error', () => undefined);
  }

  override _read(): void {
    if (this.#begun) return this.#source.resume();
    this.#begun = true;
    this.#source.flowTo(this);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (this.#begun) this.#source.stop();
    done(error);
  }

  write(chunk: Uint8Array): boolean {
    return this.push(chunk);
  }

  end(): void {
    this.push(null);
  }

  fail(error: Error): void {
    this.destroy(error);
  }
}

/** The client's body is over `server.limits.bodyBytes`. */
export class BodyTooLarge extends Error {
  readonly code = BODY_TOO_LARGE;
  constructor() {
    super('the request body is over server.limits.bodyBytes');
  }
}
