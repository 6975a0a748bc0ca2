import type { Refuse } from '@postern/model';
import { crash } from './flight.ts';
import type { Flight } from './flight.ts';
import { respond } from './respond.ts';
import { UpstreamError } from './wire/upstream-error.ts';
import { MalformedBody } from './wire/wire-request.ts';
import type { UpstreamProblem } from './wire/upstream-error.ts';

/** By the code of an error: ours where the fast lane made it, undici's where the compatible lane did, else the system's. */
const TIMEOUTS: ReadonlySet<string> = new Set<UpstreamProblem | (string & {})>([
  'POSTERN_CONNECT_TIMEOUT',
  'POSTERN_HEADERS_TIMEOUT',
  'POSTERN_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);
const CLOSED: ReadonlySet<string> = new Set<UpstreamProblem | (string & {})>([
  'POSTERN_POOL_CLOSED',
  'POSTERN_QUEUE_TIMEOUT',
  'POSTERN_QUEUE_FULL',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
  'EMFILE',
  'ENFILE',
]);

/**
 * What a failed upstream call is to the client (RFC 9110 sections 15.6.3 to 15.6.5): 504 when it was late, 503 when the
 * gateway could not even try, 502 for all else. Never a word of the address or of the library.
 */
function toRefusal(error: Error): Refuse {
  // No connection: the system, or the TLS layer, has the reason.
  const code =
    error instanceof UpstreamError && error.code === 'POSTERN_UNREACHABLE' ? codeOf(error.cause) : codeOf(error);
  if (code === BODY_TOO_LARGE) return refusal(413, 'gateway/body-too-large', 'The request body is too large.');
  if (code === 'POSTERN_MALFORMED_BODY') return refusal(400, 'gate/malformed', 'The body of the request is malformed.');
  if (code === 'POSTERN_BODY_LENGTH')
    return refusal(400, 'gateway/body-unreadable', 'The request body is not as long as it said.');
  if (TIMEOUTS.has(code)) return refusal(504, 'upstream/timed-out', 'The upstream did not answer in time.');
  if (CLOSED.has(code)) return refusal(503, 'upstream/unavailable', 'The upstream cannot be called now.');
  return refusal(502, 'upstream/failed', 'The upstream gave no valid answer.');
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Code of the error by which a metered body says that it is over the limit. */
export const BODY_TOO_LARGE = 'POSTERN_BODY_TOO_LARGE';

function refusal(status: number, code: string, detail: string): Refuse {
  return { kind: 'refuse', status, code, detail, headers: [] };
}

/** A body that the gateway itself was reading broke off: the client's doing, unless it is a mistake of ours. */
export function failBody(flight: Flight, error: unknown): void {
  if (flight.closed) return;
  if (error instanceof MalformedBody) failUpstream(flight, error);
  else crash(flight, error);
}

/** No answer can be had: 502, 503 or 504, with the reason in the log and no address in the answer. */
export function failUpstream(flight: Flight, error: Error): void {
  const refuse = toRefusal(error);
  const { context, exchange, lane } = flight;
  if (flight.response.headersSent || exchange.refusal !== undefined) return;
  context.log.warn(
    { upstream: lane?.name, code: refuse.code, err: error, requestId: exchange.requestId },
    'an upstream failed',
  );
  exchange.upstreamFailure = refuse;
  exchange.answerRefusal(refuse, undefined);
  respond(flight);
}
