import { Received, RunningExchange, decide, gate, runRequestBody, bodySteps } from '@postern/engine';
import type { Next, Passed } from '@postern/engine';
import { anyEnforced, readRequestBody } from './bodies.ts';
import { Flight, crash, proceed } from './flight.ts';
import type { Arrival, ListenerContext } from './flight.ts';
import { forward } from './forward.ts';
import { expectOf, hasBody, protocolOf } from './raw.ts';
import { answerAboutServer, answerShed, answerTurned, send } from './reply.ts';
import { respond } from './respond.ts';
import { findClient } from './trust.ts';
import { failBody } from './upstream-failure.ts';

/** The story of a request: gate, lease, route and policies (`decide`), upstream, policies backwards, out. */
export function handle(context: ListenerContext, arrival: Arrival): Flight | undefined {
  const { raw, url } = arrival;
  const { shedding } = context;
  if (--shedding.left < 0 && shedding.refuses()) return answerShed(context, arrival);
  const { method, rawHeaders } = raw;
  const passed = gate({ protocol: protocolOf(raw), method, url, rawHeaders }, context.limits);
  if (passed.kind === 'about-server') return answerAboutServer(context, arrival, passed);
  if (passed.kind === 'turned') return answerTurned(context, arrival, passed);
  const expect = expectOf(raw, passed.headers);
  if (expect === 'other') return answerTurned(context, arrival, UNEXPECTED);
  const flight = begin(context, arrival, passed);
  if (flight === undefined) return answerTurned(context, arrival, NOT_READY);
  flight.awaitsContinue = expect === 'continue';
  try {
    const { exchange, request } = flight;
    const { name: listener, limits } = context;
    proceed(flight, decide(exchange, { listener, passed, request, limits }), go);
  } catch (error) {
    crash(flight, error);
  }
  return flight;
}

const NOT_READY = {
  kind: 'turned',
  status: 503,
  code: 'gateway/not-ready',
  detail: 'The gateway has no configuration yet.',
} as const;

const UNEXPECTED = {
  kind: 'turned',
  status: 417,
  code: 'gate/expectation',
  detail: 'The expectation is not supported.',
} as const;

function begin(context: ListenerContext, arrival: Arrival, passed: Passed): Flight | undefined {
  const snapshot = context.current.lease();
  if (snapshot === undefined) return undefined;
  const { raw, response, onward } = arrival;
  const peer = raw.socket.remoteAddress ?? '';
  const client = findClient({ peer, scheme: context.scheme }, passed.headers, context.trusted);
  const request = new Received(passed, client, peer);
  request.hasBody = hasBody(raw);
  const exchange = new RunningExchange({ request, snapshot, runtime: context.runtime });
  return new Flight({ context, exchange, request, raw, response, onward });
}

/** Goes where the decision leads. */
function go(flight: Flight, next: Next): void {
  switch (next) {
    case 'send':
      return send(flight);
    case 'respond':
      return respond(flight);
    case 'read-body':
      return readBody(flight);
    case 'forward':
      return forward(flight);
    default:
      return next satisfies never;
  }
}

/** Those in shadow never make an exchange wait for its body. */
function readBody(flight: Flight): void {
  const { exchange } = flight;
  if (!flight.hasBody || !anyEnforced(bodySteps(exchange, exchange.pipeline.requestBody))) return forward(flight);
  readRequestBody(flight)
    .then((body) => {
      if (flight.closed) return;
      if (body === undefined) respond(flight);
      else
        proceed(flight, runRequestBody(exchange, body), (_, refused) => (refused ? respond(flight) : forward(flight)));
    })
    .catch((error: unknown) => failBody(flight, error));
}
