import { RunningExchange, runPreflight, runRequest, runRequestBody } from '@postern/engine';
import type { Match } from '@postern/engine';
import type { Refuse } from '@postern/model';
import { readRequestBody } from './bodies.ts';
import { Flight, crash, proceed } from './flight.ts';
import type { Arrival, ListenerContext } from './flight.ts';
import { forward } from './forward.ts';
import { gate } from './gate.ts';
import type { Passed } from './gate.ts';
import { Received } from './received.ts';
import { answerAboutServer, answerTurned, send } from './reply.ts';
import { respond } from './respond.ts';
import { findClient } from './trust.ts';

/** The story of a request: gate, lease, route, policies, upstream, policies backwards, out. */
export function handle(context: ListenerContext, arrival: Arrival): Flight | undefined {
  const passed = gate(arrival.raw, arrival.url, context.limits);
  if (passed.kind === 'about-server') return answerAboutServer(context, arrival);
  if (passed.kind === 'turned') return answerTurned(context, arrival, passed);
  const flight = begin(context, arrival, passed);
  if (flight === undefined) return answerTurned(context, arrival, NOT_READY);
  try {
    if (isPreflight(flight.request) && answerPreflight(flight, passed)) {
      send(flight);
      return flight;
    }
    route(flight, passed);
    proceed(flight, runRequest(flight.exchange), afterRequest);
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

function begin(context: ListenerContext, arrival: Arrival, passed: Passed): Flight | undefined {
  const snapshot = context.current.lease();
  if (snapshot === undefined) return undefined;
  const { raw, response, onward } = arrival;
  const peer = raw.socket.remoteAddress ?? '';
  const client = findClient({ peer, scheme: context.scheme }, passed.headers, context.trusted);
  const request = new Received(passed, client, peer);
  const exchange = new RunningExchange({ request, snapshot, runtime: context.runtime });
  const flight = new Flight({ context, exchange, request, raw, response, onward });
  flight.awaitsContinue = arrival.awaitsContinue;
  return flight;
}

/** OPTIONS with a non-empty Origin and Access-Control-Request-Method (Fetch: CORS-preflight request). */
function isPreflight({ method, headers }: Received): boolean {
  return method === 'OPTIONS' && !!headers.get('origin') && !!headers.get('access-control-request-method');
}

/** Asks the policies that answer preflights. False leaves the request to be an ordinary OPTIONS. */
function answerPreflight(flight: Flight, passed: Passed): boolean {
  const method = flight.request.headers.get('access-control-request-method');
  take(flight, flight.exchange.snapshot.router.matchPreflight({ ...placeOf(flight, passed), method }));
  return runPreflight(flight.exchange);
}

/** Finds the route, or the group or level whose list runs before the refusal. */
function route(flight: Flight, passed: Passed): void {
  const { method, headers } = flight.request;
  take(flight, flight.exchange.snapshot.router.matchRequest({ ...placeOf(flight, passed), method, headers }));
}

function placeOf(flight: Flight, { hostname, target }: Passed): { listener: string; hostname: string; path: string } {
  return { listener: flight.context.name, hostname, path: target.path };
}

function take(flight: Flight, match: Match): void {
  const { exchange } = flight;
  flight.match = match;
  exchange.group = match.table?.group.name;
  exchange.groupLabels = match.table?.group.labels;
  if (match.kind === 'route') {
    exchange.route = match.route.name;
    exchange.routeLabels = match.route.labels;
    exchange.params = match.params;
    exchange.pipeline = match.table.pipelines[match.route.pipeline] ?? match.table.own;
  } else {
    exchange.route = undefined;
    exchange.routeLabels = undefined;
    exchange.pipeline = match.table?.own ?? exchange.snapshot.gateway;
  }
}

function afterRequest(flight: Flight, answered: boolean): void {
  const { exchange, match } = flight;
  if (answered) return respond(flight);
  const refusal = refusalOf(flight, match);
  if (refusal !== undefined) {
    exchange.answerRefusal(refusal, undefined);
    return respond(flight);
  }
  if (exchange.pipeline.requestBody.length === 0 || !flight.hasBody) return forward(flight);
  readRequestBody(flight)
    .then((body) => {
      if (flight.closed) return;
      if (body === undefined) respond(flight);
      else
        proceed(flight, runRequestBody(exchange, body), (_, refused) => (refused ? respond(flight) : forward(flight)));
    })
    .catch((error: unknown) => crash(flight, error));
}

/** Why this request goes to no upstream; undefined when it does. */
function refusalOf(flight: Flight, match: Match | undefined): Refuse | undefined {
  if (match?.kind === 'route') {
    if (flight.request.encodedSlash && !match.table.group.encodedSlash) {
      return refusal(400, 'gateway/encoded-slash', 'The path holds an encoded slash.');
    }
    const length = Number(flight.request.headers.get('content-length') ?? '0');
    return length > flight.context.limits.bodyBytes
      ? refusal(413, 'gateway/body-too-large', 'The request body is too large.')
      : undefined;
  }
  if (match?.kind === 'method-not-allowed') {
    return {
      ...refusal(405, 'gateway/method-not-allowed', 'No route takes this method here.'),
      headers: ['allow', match.allow],
    };
  }
  return refusal(404, 'gateway/no-route', 'No route takes this request.');
}

function refusal(status: number, code: string, detail: string): Refuse {
  return { kind: 'refuse', status, code, detail, headers: [] };
}
