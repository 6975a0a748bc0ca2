import type { Answer } from '../corpus/answer-reader.ts';
import type { StrictRequest } from '../corpus/strict-reader.ts';
import { fieldsFor, weighs } from './fields.ts';
import { MOST_BODY, tokenOf } from './front.ts';
import type { Played } from './play.ts';
import type { ReadRequest } from './reading.ts';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** What the gateway may say of its own accord while its upstreams are well. */
const REFUSALS = new Set([400, 403, 404, 405, 408, 411, 413, 414, 417, 421, 431, 501, 505]);
/** Below every limit of the fixture. */
const SURELY_FITS = 8_000;

/** Whether a request has to come to its upstream and be answered: nothing valid is lost. */
export function isCertain(request: ReadRequest): boolean {
  const { method, sent, path, hostname, lines, body, usual, headBytes } = request;
  const only = (name: string, value: string): boolean =>
    lines.every(([found, said]) => found !== name || said.toLowerCase() === value);
  return (
    usual &&
    body !== undefined &&
    body.length <= MOST_BODY &&
    sent !== undefined &&
    METHODS.has(method) &&
    hostname === 'gateway.test' &&
    (path === '/echo' || path.startsWith('/echo/')) &&
    !path.includes('%2F') &&
    lines.length <= 100 &&
    headBytes <= SURELY_FITS &&
    only('expect', '100-continue') &&
    lines.every(([name]) => name !== 'upgrade') &&
    lines.filter(([name]) => name === 'expect').length <= 1
  );
}

/** How many requests of an input, from its first on, must be answered. */
export function certainOf({ requests }: Played['reading']): number {
  const doubtful = requests.findIndex((request) => !isCertain(request));
  return doubtful === -1 ? requests.length : doubtful;
}

/** What is wrong with what the client saw; each begins with the kind of it. Pure. */
export function clientViolations(played: Played): readonly string[] {
  const { reading, answers, closed, stalled } = played;
  const { requests, end } = reading;
  const { final, malformed } = answers;
  const violations: string[] = [];
  const certain = certainOf(reading);
  if (malformed !== undefined) violations.push(`no answer of HTTP: ${JSON.stringify(malformed.slice(0, 200))}`);
  if (stalled)
    violations.push(`stalled: ${final.length} answers to ${requests.length} requests, then ${end}, and nothing comes`);
  const most = requests.length + (end === 'malformed' || end === 'incomplete' ? 1 : 0);
  if (final.length > most)
    violations.push(`too many answers: ${final.length} to ${requests.length} requests, then ${end}`);
  for (const [at, answer] of final.entries()) {
    const request = requests[at];
    violations.push(...answerViolations(played, answer, request));
    if (at < certain && answer.status !== 200)
      violations.push(`a valid request is lost: number ${at} got ${answer.status} ${answer.body.slice(0, 200)}`);
  }
  const announced = final.at(-1)?.lines.some(([name, value]) => name === 'connection' && value === 'close');
  if (final.length < certain && !stalled)
    violations.push(
      `a valid request is lost: ${final.length} answers to ${certain}${closed ? `, then the ${announced === true ? 'announced ' : ''}end` : ''}`,
    );
  return violations;
}

function answerViolations(played: Played, answer: Answer, request: ReadRequest | undefined): readonly string[] {
  const { status, lines, body, complete } = answer;
  const token = lines.find(([name]) => name === 'x-echo')?.[1];
  if (token === undefined) {
    if (request?.method === 'OPTIONS' && request.target === '*' && status === 204) return [];
    return REFUSALS.has(status) ? [] : [`answered ${status}: ${body.slice(0, 200)}`];
  }
  if (request?.sent === undefined || request.body === undefined)
    return [`an answer to nothing that was asked: ${token}`];
  const { method, sent } = request;
  const own = tokenOf(played.address, method, sent, request.body);
  const violations = token === own ? [] : [`another answer: ${token}, not ${own} for ${method} ${sent}`];
  if (!complete) violations.push(`an answer was broken off: ${method} ${sent}`);
  else if (body !== (method === 'HEAD' ? '' : request.body))
    violations.push(`another body: ${JSON.stringify(body.slice(0, 200))}`);
  return violations;
}

/** What is wrong with what the upstream got from that client. Pure. */
export function upstreamViolations(played: Played, seen: readonly StrictRequest[]): readonly string[] {
  const { requests } = played.reading;
  const violations: string[] = [];
  let from = 0;
  for (const got of seen) {
    const body = got.body.toString('latin1');
    // Of several that ask for the same some may have been refused: it is the one whose fields they are.
    const alike = [...requests.entries()].filter(
      ([position, { method, sent, body: own }]) =>
        position >= from && method === got.method && sent === got.target && own === body,
    );
    const [at = -1, request] = alike.find(([, one]) => fieldViolations(got, one).length === 0) ?? alike[0] ?? [];
    if (request === undefined) {
      violations.push(`smuggled: ${JSON.stringify((got.head + body).slice(0, 400))}`);
      continue;
    }
    from = at + 1;
    violations.push(...fieldViolations(got, request));
  }
  return violations;
}

/** Requests that began upstream and were broken off: each is one of which the client did not send all, or too much. Pure. */
export function abortedViolations({ reading }: Played, head: string): readonly string[] {
  const line = head.slice(0, head.indexOf('\r\n'));
  const known = reading.requests.some(({ method, sent }) => `${method} ${sent} HTTP/1.1` === line);
  return known ? [] : [`smuggled: the beginning of ${JSON.stringify(head.slice(0, 300))}`];
}

/** All lines are the client's, in its order, and all of the client's are there that go on. */
function fieldViolations(got: StrictRequest, request: ReadRequest): readonly string[] {
  const wanted = fieldsFor(request);
  const asks =
    request.method === 'GET' && request.lines.some(([name, value]) => name === 'upgrade' && /websocket/i.test(value));
  const came = got.lines
    .filter(([name]) => !OURS.has(name))
    .map(([name, value]) => `${name}: ${value}`)
    // A handshake is about this hop and the next one alike: the gateway asks for the same.
    .filter((line) => !asks || !/^(?:connection: upgrade|upgrade: websocket)$/i.test(line));
  const alias = got.lines.find(([name]) => weighs(name));
  if (alias !== undefined) return [`a weighty name: ${alias.join(': ')}`];
  const at = Math.max(
    came.findIndex((line, position) => line !== wanted[position]),
    came.length < wanted.length ? came.length : -1,
  );
  if (came.length === wanted.length && at === -1) return [];
  return [`other fields: ${JSON.stringify(came[at])} in place of ${JSON.stringify(wanted[at])}`];
}

const OURS = new Set([
  'host',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'forwarded',
  'x-request-id',
  'content-length',
  'transfer-encoding',
]);
