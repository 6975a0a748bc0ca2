import type { Current, Received, RunningExchange, Runtime, Snapshot } from '@postern/engine';
import { runDone } from '@postern/engine';
import type { Limits, Log } from '@postern/model';
import type { DecisionRing } from './decision-ring.ts';
import type { Lane, LaneTarget, Lanes } from './lanes.ts';
import type { Metrics } from './metrics.ts';
import { watchEnd } from './raw.ts';
import type { RawRequest, RawResponse } from './raw.ts';
import type { Shedding } from './shedding.ts';
import type { AddressSet } from './trust.ts';

/** What all requests of one listener have in common. */
export interface ListenerContext {
  readonly name: string;
  readonly scheme: 'http' | 'https';
  readonly limits: Limits;
  readonly trusted: AddressSet;
  readonly current: Current;
  readonly lanes: Lanes;
  readonly runtime: Runtime;
  readonly metrics: Metrics;
  readonly ring: DecisionRing;
  readonly log: Log;
  /** Flights on their way through Fastify to the compatible lane, by raw request. */
  readonly compatible: WeakMap<object, Flight>;
  readonly shedding: Shedding;
  /** True once the server lets nothing new in: every answer then asks its client to connect elsewhere. */
  draining: boolean;
  /** Exchanges that have begun and not ended. */
  inFlight: number;
  /** Exchanges that have begun so far. */
  begun: number;
}

/** What a listener hands over for one request. */
export interface Arrival {
  readonly raw: RawRequest;
  readonly response: RawResponse;
  /** The request target as it stood on the request line. */
  readonly url: string;
  /** Lets Fastify go on to the compatible lane; called at most once. */
  readonly onward: () => void;
}

/** One exchange in flight between its sockets: the engine's exchange and what only the server knows of it. */
export class Flight {
  readonly context: ListenerContext;
  readonly exchange: RunningExchange;
  readonly request: Received;
  readonly raw: RawRequest;
  readonly response: RawResponse;
  /** Lets Fastify go on to the compatible lane. */
  readonly onward: () => void;
  lane: Lane | undefined = undefined;
  target: LaneTarget | undefined = undefined;
  /** Whether a body follows the request's head. */
  readonly hasBody: boolean;
  /** Body for the upstream in place of the client's stream, after body steps read it. */
  requestBody: Uint8Array | undefined = undefined;
  /** The upstream call, as long as it can be ended. */
  upstreamCall: { abort(): void } | undefined = undefined;
  /** True when the client waits for `100 Continue` before it sends the body. */
  awaitsContinue = false;
  /** True once the last byte left or the client went away. */
  closed = false;
  readonly #snapshot: Snapshot;
  readonly #begun = performance.now();
  #leased = true;
  #counted = false;

  constructor(parts: {
    readonly context: ListenerContext;
    readonly exchange: RunningExchange;
    readonly request: Received;
    readonly raw: RawRequest;
    readonly response: RawResponse;
    readonly onward: () => void;
  }) {
    this.context = parts.context;
    this.exchange = parts.exchange;
    this.request = parts.request;
    this.raw = parts.raw;
    this.response = parts.response;
    this.onward = parts.onward;
    this.hasBody = parts.request.hasBody;
    this.context.inFlight += 1;
    this.context.begun += 1;
    this.#snapshot = parts.exchange.snapshot;
    watchEnd(parts.response, this);
  }

  /** Ends the upstream call; a no-op when there is none. */
  abortUpstream(): void {
    this.upstreamCall?.abort();
  }

  /** Gives the snapshot back before the end: an event stream that no policy touches may outlive many reloads. */
  releaseSnapshot(): void {
    if (!this.#leased) return;
    this.#leased = false;
    this.#snapshot.release();
  }

  /** Once a tunnel is open: decided and counted as an exchange of its own time, on no snapshot; `done` steps wait for its end. */
  tunnelOpened(): void {
    this.exchange.durationMs = performance.now() - this.#begun;
    this.#count();
    this.releaseSnapshot();
  }

  #count(): void {
    if (this.#counted) return;
    this.#counted = true;
    this.context.metrics.count(this.exchange);
    this.context.ring.offer(this);
  }

  /** Called by the answer, after the last byte or when the client is gone. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.context.inFlight -= 1;
    const { exchange, context } = this;
    exchange.aborted = !this.response.writableEnded;
    exchange.durationMs = performance.now() - this.#begun;
    if (exchange.aborted) this.abortUpstream();
    runDone(exchange);
    for (const { policy, where, code, error } of exchange.failures) {
      context.log.error({ policy, where, code, requestId: exchange.requestId, err: error }, 'a policy failed');
    }
    this.#count();
    this.releaseSnapshot();
  }
}

/** Goes on with `next` when the steps have run: at once where all were synchronous. */
export function proceed<Said>(
  flight: Flight,
  said: Said | Promise<Said>,
  next: (flight: Flight, said: Said) => void,
): void {
  if (!(said instanceof Promise)) return next(flight, said);
  said
    .then((settled) => {
      if (!flight.closed) next(flight, settled);
    })
    .catch((error: unknown) => crash(flight, error));
}

/** A mistake of ours: the log has all of it, the client gets a closed connection rather than half an answer. */
export function crash(flight: Flight, error: unknown): void {
  flight.context.log.error({ err: error, requestId: flight.exchange.requestId }, 'the gateway failed on a request');
  flight.abortUpstream();
  flight.response.destroy(new Error('internal failure'));
}
