import { upstreamPath } from '@postern/engine';
import { bareRecord } from '@postern/model';
import type { Flight } from './flight.ts';
import { askForBody } from './bodies.ts';
import { BodyTooLarge } from './body-meter.ts';
import { chunksOf } from './raw.ts';
import { respond } from './respond.ts';
import { lookAtRequestBody } from './shadow-body.ts';
import { failBody, failUpstream } from './upstream-failure.ts';

/** The builtin upstream: answers from inside the gateway with what an upstream would have received. */
export function respondEcho(flight: Flight): void {
  if (!flight.hasBody || flight.requestBody !== undefined) {
    answer(flight, flight.requestBody?.length ?? 0);
    return;
  }
  countBody(flight)
    .then((size) => {
      if (flight.closed) return;
      if (size > flight.context.limits.bodyBytes) failUpstream(flight, new BodyTooLarge());
      else answer(flight, size);
    })
    .catch((error: unknown) => failBody(flight, error));
}

function answer(flight: Flight, bodyBytes: number): void {
  const { exchange, request } = flight;
  const body = JSON.stringify({
    upstream: flight.lane?.name,
    method: request.method,
    path: upstreamPath(exchange, undefined),
    headers: headersOf(flight),
    bodyBytes,
  });
  exchange.upstreamStatus = 200;
  exchange.upstreamPairs = JSON_HEADERS;
  exchange.answerFromGateway({ status: 200, headers: JSON_HEADERS, body: `${body}\n` });
  exchange.madeBy = { kind: 'upstream' };
  respond(flight);
}

const JSON_HEADERS = ['content-type', 'application/json'];

function headersOf(flight: Flight): Readonly<Record<string, string>> {
  const headers = bareRecord<string>();
  for (const [name, value] of flight.exchange.outgoing.entries()) {
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}

/** Reads the body to its end, or just over the limit, and keeps none of it. */
async function countBody(flight: Flight): Promise<number> {
  const { raw, exchange, context } = flight;
  askForBody(flight);
  const onlooker = lookAtRequestBody(flight);
  for await (const chunk of chunksOf(raw)) {
    exchange.bytesIn += chunk.length;
    if (exchange.bytesIn > context.limits.bodyBytes) return exchange.bytesIn;
    onlooker?.chunk(chunk);
  }
  onlooker?.end();
  return exchange.bytesIn;
}
