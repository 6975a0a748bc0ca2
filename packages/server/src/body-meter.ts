import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';
import type { Flight } from './flight.ts';
import { bodyOf } from './raw.ts';
import { lookAtRequestBody } from './shadow-body.ts';
import type { Onlooker } from './shadow-body.ts';
import { BODY_TOO_LARGE, failUpstream } from './upstream-failure.ts';

/** The client's body on its way upstream: counted, and cut off over the limit. Back-pressure passes through. */
export function meterBody(flight: Flight): Meter {
  const meter = new Meter(flight);
  const body = bodyOf(flight.raw);
  body?.pipe(meter);
  // A client that breaks off in mid-body never ends its stream: the upstream must not take half for the whole.
  body?.once('error', (error) => meter.destroy(error));
  body?.once('aborted', () => meter.destroy(new Error('the client broke off')));
  return meter;
}

class Meter extends Transform {
  readonly #flight: Flight;
  readonly #onlooker: Onlooker | undefined;

  constructor(flight: Flight) {
    super();
    this.#flight = flight;
    this.#onlooker = lookAtRequestBody(flight);
    // undici reports what it sees of this error; without a listener it would be thrown.
    this.on('error', () => undefined);
  }

  override _transform(chunk: Uint8Array, _encoding: BufferEncoding, done: TransformCallback): void {
    const { exchange, context } = this.#flight;
    exchange.bytesIn += chunk.length;
    if (exchange.bytesIn <= context.limits.bodyBytes) {
      this.#onlooker?.chunk(chunk);
      return done(null, chunk);
    }
    const error = new BodyTooLarge();
    this.#onlooker?.cut();
    failUpstream(this.#flight, error);
    done(error);
  }

  override _flush(done: TransformCallback): void {
    this.#onlooker?.end();
    done();
  }
}

/** The client's body is over `server.limits.bodyBytes`. */
export class BodyTooLarge extends Error {
  readonly code = BODY_TOO_LARGE;
  constructor() {
    super('the request body is over server.limits.bodyBytes');
  }
}
