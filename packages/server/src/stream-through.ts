import { PassThrough } from 'node:stream';
import type { Writable } from 'node:stream';
import { runningSteps, viewOf } from '@postern/engine';
import type { StreamTap } from '@postern/model';
import type { Flight } from './flight.ts';

/**
 * Puts the streams of the policies between the upstream's body and the client, in response order, and returns where the
 * body goes in. A transform changes the body, so its length and validator go.
 */
export function streamThrough(flight: Flight): Writable {
  const { exchange, response } = flight;
  const taps: StreamTap[] = [];
  const entry = new PassThrough();
  let last: NodeJS.ReadableStream = entry;
  for (const step of runningSteps(exchange, exchange.pipeline.responseStream)) {
    const stream = step.run(viewOf(exchange, step));
    if (stream === undefined) continue;
    if (stream.kind === 'tap') {
      taps.push(stream);
      continue;
    }
    const transform = stream.stream;
    for (const name of ['content-length', 'etag', 'accept-ranges']) exchange.headers.remove(name);
    transform.on('error', () => response.destroy(new Error('a policy failed on the stream')));
    response.once('close', () => transform.destroy());
    last = last.pipe(transform);
  }
  if (taps.length > 0) {
    entry.on('data', (chunk: Uint8Array) => {
      for (const tap of taps) tap.chunk(chunk);
    });
    entry.once('end', () => {
      for (const tap of taps) tap.end();
    });
  }
  response.once('close', () => entry.destroy());
  last.pipe(response);
  return entry;
}
