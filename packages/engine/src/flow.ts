import type { HeaderList, Limits, Refuse } from '@postern/model';
import { bodySteps } from './condition.ts';
import type { RunningExchange } from './exchange.ts';
import type { Passed } from './gate.ts';
import type { Received } from './received.ts';
import type { Match } from './router.ts';
import { runPreflight, runRequest } from './run.ts';

/** Where a request came in, and what it brought. */
export interface Entered {
  /** Name of the listener. */
  readonly listener: string;
  readonly passed: Passed;
  readonly request: Received;
  readonly limits: Pick<Limits, 'bodyBytes'>;
}

/**
 * What comes after the request steps: `send` a preflight's answer as it is, `respond` by way of the response steps, read
 * the body for the steps that asked for it, or `forward`.
 */
export type Next = 'send' | 'respond' | 'read-body' | 'forward';

/**
 * The one order of a request's decisions, for requests that are served and for rehearsals: preflight? else route, request
 * steps, the gateway's own refusals. A promise only where a step returned one.
 */
export function decide(exchange: RunningExchange, entered: Entered): Next | Promise<Next> {
  if (isPreflight(entered.request) && answerPreflight(exchange, entered)) return 'send';
  route(exchange, entered);
  const answered = runRequest(exchange);
  if (typeof answered === 'boolean') return afterRequest(exchange, entered, answered);
  return answered.then((said) => afterRequest(exchange, entered, said));
}

/** OPTIONS with a non-empty Origin and Access-Control-Request-Method (Fetch: CORS-preflight request). */
function isPreflight({ method, headers }: Pick<Received, 'method' | 'headers'>): boolean {
  return method === 'OPTIONS' && !!headers.get('origin') && !!headers.get('access-control-request-method');
}

/** HEAD, 101, 204, 206, 304 and event streams skip body steps (design: Step order). */
export function mayReadBody({ status, headers, request }: RunningExchange): boolean {
  if (request.method === 'HEAD' || isBodiless(status)) return false;
  return !isEventStream(headers);
}

function isBodiless(status: number): boolean {
  return status === 101 || status === 204 || status === 206 || status === 304;
}

/** Whether an answer is a stream of server-sent events. */
export function isEventStream(headers: HeaderList): boolean {
  return headers.get('content-type')?.toLowerCase().startsWith('text/event-stream') ?? false;
}

/** Asks the policies that answer preflights. False leaves the request to be an ordinary OPTIONS. */
function answerPreflight(exchange: RunningExchange, entered: Entered): boolean {
  const { passed, listener, request } = entered;
  const method = request.headers.get('access-control-request-method');
  const asked = { listener, hostname: passed.hostname, path: passed.target.path, method, headers: undefined };
  take(exchange, exchange.snapshot.router.matchPreflight(asked));
  return runPreflight(exchange);
}

/** Finds the route, or the group or level whose list runs before the refusal. */
function route(exchange: RunningExchange, entered: Entered): void {
  const { passed, listener, request } = entered;
  const { method, headers } = request;
  const asked = { listener, hostname: passed.hostname, path: passed.target.path, method, headers };
  take(exchange, exchange.snapshot.router.matchRequest(asked));
}

function take(exchange: RunningExchange, match: Match): void {
  exchange.match = match;
  let pipeline = match.table?.own ?? exchange.snapshot.gateway;
  if (match.kind === 'route') pipeline = match.table.pipelines[match.route.pipeline] ?? pipeline;
  exchange.pipeline = exchange.dress === undefined ? pipeline : exchange.dress(pipeline);
}

function afterRequest(exchange: RunningExchange, entered: Entered, answered: boolean): Next {
  if (answered) return 'respond';
  const refusal = refusalOf(exchange, entered);
  if (refusal !== undefined) {
    exchange.answerRefusal(refusal, undefined);
    return 'respond';
  }
  return bodySteps(exchange, exchange.pipeline.requestBody).length === 0 ? 'forward' : 'read-body';
}

/** Why this request goes to no upstream; undefined when it does. */
function refusalOf({ match }: RunningExchange, { request, limits }: Entered): Refuse | undefined {
  if (match?.kind === 'route') {
    if (request.handshake?.kind === 'refuse') return request.handshake;
    if (request.encodedSlash && !match.table.group.encodedSlash) return ENCODED_SLASH;
    return Number(request.headers.get('content-length') ?? '0') > limits.bodyBytes ? BODY_TOO_LARGE : undefined;
  }
  if (match?.kind === 'method-not-allowed') {
    const detail = 'No route takes this method here.';
    return { ...refusal(405, 'gateway/method-not-allowed', detail), headers: ['allow', match.allow] };
  }
  return NO_ROUTE;
}

function refusal(status: number, code: string, detail: string): Refuse {
  return { kind: 'refuse', status, code, detail, headers: [] };
}

const ENCODED_SLASH = refusal(400, 'gateway/encoded-slash', 'The path holds an encoded slash.');
const NO_ROUTE = refusal(404, 'gateway/no-route', 'No route takes this request.');
/** The client's body is over `server.limits.bodyBytes`, or over what a body step reads. */
export const BODY_TOO_LARGE = refusal(413, 'gateway/body-too-large', 'The request body is too large.');
