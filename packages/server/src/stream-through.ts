import { PassThrough } from 'node:stream';
import type { Writable } from 'node:stream';
import { askForStream, breakStream, runningSteps } from '@postern/engine';
import type { StreamStep } from '@postern/engine';
import type { StreamTap } from '@postern/model';
import { anyEnforced } from './bodies.ts';
import type { Flight } from './flight.ts';
import type { AnswerSink, RawResponse } from './raw.ts';
import { lookAtResponseBody } from './shadow-body.ts';
import type { Onlooker } from './shadow-body.ts';
import { lookThroughStream } from './shadow-stream.ts';

/**
 * Puts the streams of the policies between the upstream's body and the client, in response order, and returns where the
 * body goes in. A transform changes the body, so its length and validator go. Undefined when a policy broke before it gave
 * its stream: the refusal then stands on the exchange.
 */
export function streamThrough(flight: Flight): Writable | undefined {
  const { exchange, response } = flight;
  const entry = new PassThrough();
  response.once('close', () => entry.destroy());
  let last: NodeJS.ReadableStream = entry;
  for (const step of runningSteps(exchange, exchange.pipeline.responseStream)) {
    if (step.mode === 'shadow') {
      // In its place: it sees what the enforced ones before it make of the body.
      const onlooker = lookThroughStream(flight, step);
      if (onlooker !== undefined) show(last, onlooker);
      continue;
    }
    const stream = askForStream(exchange, step);
    if (stream === undefined) continue;
    if (stream.kind === 'refused') {
      entry.destroy();
      return undefined;
    }
    if (stream.kind === 'tap') {
      show(entry, new EnforcedTap(flight, step, stream));
      continue;
    }
    const transform = stream.stream;
    for (const name of ['content-length', 'etag', 'accept-ranges']) exchange.headers.remove(name);
    transform.on('error', (error: unknown) => {
      breakStream(exchange, step, error);
      response.destroy(new Error('a policy failed on the stream'));
    });
    response.once('close', () => transform.destroy());
    last = last.pipe(transform);
  }
  pour(last, response);
  return entry;
}

/** Like `pipe`, for an answer that is no stream. Who ends early is cut: the client must see that the answer is not whole. */
function pour(stream: NodeJS.ReadableStream, response: RawResponse): void {
  const sink: AnswerSink = response;
  stream.on('data', (chunk: Uint8Array | string) => {
    if (sink.write(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)) return;
    stream.pause();
    sink.once('drain', () => stream.resume());
  });
  stream.once('end', () => sink.end());
}

/** Those who look on while the upstream's body passes: body steps in shadow, and streams where none is enforced. */
export function onlookersOf(flight: Flight, mayBuffer: boolean): readonly Onlooker[] {
  const responseStream = runningSteps(flight.exchange, flight.exchange.pipeline.responseStream);
  const onlookers = anyEnforced(responseStream)
    ? []
    : responseStream.filter(({ mode }) => mode === 'shadow').map((step) => lookThroughStream(flight, step));
  if (mayBuffer) onlookers.push(lookAtResponseBody(flight));
  return onlookers.filter((onlooker) => onlooker !== undefined);
}

function show(stream: NodeJS.ReadableStream, onlooker: Onlooker): void {
  stream.on('data', (chunk: Uint8Array) => onlooker.chunk(chunk));
  stream.once('end', () => onlooker.end());
}

/** A tap that breaks is left out from then on; unless its policy may be skipped, the answer is cut. */
class EnforcedTap implements Onlooker {
  readonly #flight: Flight;
  readonly #step: StreamStep;
  #tap: StreamTap | undefined;

  constructor(flight: Flight, step: StreamStep, tap: StreamTap) {
    this.#flight = flight;
    this.#step = step;
    this.#tap = tap;
  }

  chunk(bytes: Uint8Array): void {
    this.#try((tap) => tap.chunk(bytes));
  }

  end(): void {
    this.#try((tap) => tap.end());
  }

  cut(): void {
    this.#tap = undefined;
  }

  #try(call: (tap: StreamTap) => void): void {
    if (this.#tap === undefined) return;
    try {
      call(this.#tap);
    } catch (error) {
      this.cut();
      if (breakStream(this.#flight.exchange, this.#step, error))
        this.#flight.response.destroy(new Error('a policy failed on the stream'));
    }
  }
}
