import { Http2ServerResponse } from 'node:http2';
import {
  BufferedBody,
  bodySteps,
  forgetResponseCoding,
  isEventStream,
  mayReadBody,
  runResponse,
  runResponseBody,
  runningSteps,
  withoutHopByHop,
} from '@postern/engine';
import { anyEnforced, decode, limitOf } from './bodies.ts';
import { crash, proceed } from './flight.ts';
import type { Flight } from './flight.ts';
import { isFlushed } from './raw.ts';
import type { AnswerSink } from './raw.ts';
import { send, writeHead } from './reply.ts';
import { respond } from './respond.ts';
import type { Onlooker } from './shadow-body.ts';
import { onlookersOf, streamThrough } from './stream-through.ts';

const NO_ONLOOKERS: readonly Onlooker[] = Object.freeze([]);

/** Where an upstream's answer comes from: how to let it flow again. */
export interface Flow {
  resume(): void;
}

/**
 * Takes an upstream's answer, from whichever lane, through the response steps to the client: streamed with back-pressure,
 * or buffered where a step asked for the body.
 */
export class Relay {
  readonly #flight: Flight;
  readonly #flow: Flow;
  /** `head`: response steps still run. `dead`: nothing of the upstream counts any more. */
  #state: 'waiting' | 'head' | 'streaming' | 'buffering' | 'dead' = 'waiting';
  #sink: AnswerSink | undefined;
  #onlookers: readonly Onlooker[] = NO_ONLOOKERS;
  #chunks: Uint8Array[] = [];
  #size = 0;
  #expected = -1;
  #ended = false;
  /** True when the answer was whole before its response steps were: undici holds nothing back on HEAD. */
  #wholeBefore = false;

  constructor(flight: Flight, flow: Flow) {
    this.#flight = flight;
    this.#flow = flow;
  }

  /** True once the upstream has said anything: from then on nothing is tried again. */
  get begun(): boolean {
    return this.#state !== 'waiting';
  }

  /** The head came. False asks the lane to hold the body back until `resume`. Names in lower case. */
  head(status: number, pairs: string[]): boolean {
    const { exchange } = this.#flight;
    this.#state = 'head';
    const headers = withoutHopByHop(pairs);
    this.#expected = Number(headers.get('content-length') ?? '-1');
    exchange.upstreamStatus = status;
    exchange.upstreamPairs = pairs;
    exchange.answerFromUpstream(status, headers);
    const answered = runResponse(exchange);
    proceed(this.#flight, answered, () => this.#afterSteps());
    return typeof answered === 'boolean';
  }

  /** A chunk came. False asks the lane to hold the rest back until `resume`. */
  data(chunk: Uint8Array): boolean {
    switch (this.#state) {
      case 'streaming':
        return this.#stream(chunk);
      case 'buffering':
        return this.#buffer(chunk);
      case 'waiting':
      case 'head':
      case 'dead':
        return true;
      default:
        return this.#state satisfies never;
    }
  }

  /** Whether the last chunk is still in use: it is not once the client's socket has taken all of it. */
  get keeps(): boolean {
    const { response } = this.#flight;
    return this.#sink !== response || this.#onlookers.length > 0 || !isFlushed(response);
  }

  /** The upstream's answer is whole. */
  end(): void {
    if (this.#ended) return;
    if (this.#state === 'head') this.#wholeBefore = true;
    else if (this.#state === 'streaming') {
      this.#ended = true;
      this.#sink?.end();
      for (const onlooker of this.#onlookers) onlooker.end();
    } else if (this.#state === 'buffering') {
      this.#ended = true;
      this.#finishBuffer().catch((error: unknown) => crash(this.#flight, error));
    }
  }

  /** The upstream broke off after its head: the client must see that the answer is not whole. */
  cut(): void {
    if (this.#state === 'dead' || this.#ended) return;
    const buffering = this.#state === 'buffering';
    this.#state = 'dead';
    for (const onlooker of this.#onlookers) onlooker.cut();
    if (buffering && !this.#flight.response.headersSent)
      this.#refuse('upstream/cut', 'The upstream broke off its answer.');
    else this.#flight.response.destroy(new Error('the upstream broke off its answer'));
  }

  #afterSteps(): void {
    const { exchange, response } = this.#flight;
    if (exchange.madeBy.kind !== 'upstream') {
      // A response step put its own answer in the place of the upstream's.
      this.#state = 'dead';
      this.#flight.abortUpstream();
      send(this.#flight);
      return;
    }
    const responseBody = bodySteps(exchange, exchange.pipeline.responseBody);
    const responseStream = runningSteps(exchange, exchange.pipeline.responseStream);
    if (anyEnforced(responseBody) && mayReadBody(exchange)) {
      this.#state = 'buffering';
    } else {
      this.#sink = anyEnforced(responseStream) ? streamThrough(this.#flight) : response;
      // A head that cannot be sent ends the upstream call at once: its error must find nothing to cut.
      this.#state = 'dead';
      if (this.#sink === undefined) {
        // A policy broke before it gave its stream: its refusal is the answer.
        this.#flight.abortUpstream();
        respond(this.#flight);
        return;
      }
      if (writeHead(this.#flight)) {
        this.#state = 'streaming';
        if (responseBody.length + responseStream.length > 0)
          this.#onlookers = onlookersOf(this.#flight, mayReadBody(exchange));
      }
      if (isEventStream(exchange.headers)) {
        if (!(response instanceof Http2ServerResponse)) response.flushHeaders();
        if (responseStream.length === 0) this.#flight.releaseSnapshot();
      }
    }
    this.#flow.resume();
    if (this.#wholeBefore) this.end();
  }

  #stream(chunk: Uint8Array): boolean {
    const sink = this.#sink;
    if (sink === undefined || this.#ended) return true;
    this.#flight.exchange.bytesOut += chunk.length;
    for (const onlooker of this.#onlookers) onlooker.chunk(chunk);
    // Head, body and end in one write where one chunk is the whole answer.
    if (chunk.length === this.#expected) {
      this.#ended = true;
      sink.end(chunk);
      for (const onlooker of this.#onlookers) onlooker.end();
      return true;
    }
    if (sink.write(chunk)) return true;
    sink.once('drain', () => this.#flow.resume());
    return false;
  }

  #buffer(chunk: Uint8Array): boolean {
    this.#size += chunk.length;
    if (this.#size > this.#limit()) {
      this.#state = 'dead';
      this.#flight.abortUpstream();
      this.#refuse('gateway/response-too-large', 'The upstream answered with more than a policy may read.');
      return true;
    }
    this.#chunks.push(chunk);
    return true;
  }

  #limit(): number {
    const { exchange } = this.#flight;
    return limitOf(bodySteps(exchange, exchange.pipeline.responseBody));
  }

  async #finishBuffer(): Promise<void> {
    const { exchange } = this.#flight;
    const raw = Buffer.concat(this.#chunks);
    const decoded = await decode(raw, exchange.headers.get('content-encoding'), this.#limit());
    if (this.#flight.closed) return;
    if (decoded.kind !== 'decoded') {
      const code = decoded.kind === 'too-large' ? 'gateway/response-too-large' : 'upstream/unreadable-body';
      this.#refuse(code, 'The body of the upstream could not be read.');
      return;
    }
    const body = new BufferedBody(decoded.bytes);
    proceed(this.#flight, runResponseBody(exchange, body), (_, replaced) => {
      // Response steps run on whatever leaves: also on the answer that took this one's place.
      if (replaced) return respond(this.#flight);
      exchange.body = body.replaced ? body.bytes : raw;
      if (body.replaced) forgetResponseCoding(exchange.headers);
      send(this.#flight);
    });
  }

  #refuse(code: string, detail: string): void {
    const { exchange } = this.#flight;
    exchange.upstreamFailure = { kind: 'refuse', status: 502, code, detail, headers: [] };
    exchange.answerRefusal(exchange.upstreamFailure, undefined);
    respond(this.#flight);
  }
}
