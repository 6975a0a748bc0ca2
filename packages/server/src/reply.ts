import { Http2ServerResponse } from 'node:http2';
import { problem } from '@postern/engine';
import type { AboutServer, Turned } from '@postern/engine';
import { HeaderList } from '@postern/model';
import type { Arrival, Flight, ListenerContext } from './flight.ts';
import { bodyOf } from './raw.ts';
import type { AnswerSink, RawRequest, RawResponse } from './raw.ts';
import type { WireResponse } from './wire/wire-response.ts';

/** Milliseconds that a client which still sends its body gets to read the refusal before the stream ends. */
const LINGER = 1_000;

/** Sends an answer that the gateway or a policy made: head and body in one write. */
export function send(flight: Flight): void {
  const { exchange, response, raw, hasBody } = flight;
  if (response.headersSent || flight.closed) return;
  const { status, headers } = exchange;
  const bytes = exchange.body === undefined ? undefined : Buffer.from(exchange.body);
  headers.remove('content-length');
  headers.remove('transfer-encoding');
  if (status !== 204 && status !== 304) headers.append('content-length', String(bytes?.length ?? 0));
  // On HTTP/1 our own wire reads on behind the last answer of a connection.
  const unread = hasBody && !raw.complete;
  if (unread) headers.set('connection', 'close');
  if (!writeHead(flight)) return;
  const body =
    bytes === undefined || exchange.request.method === 'HEAD' || status === 204 || status === 304 ? undefined : bytes;
  exchange.bytesOut += body?.length ?? 0;
  if (unread && response instanceof Http2ServerResponse) endAfterLinger(response, raw, body);
  else endWith(response, body);
}

/** A stream ended over unread bytes is reset, and the reset can overtake the answer: read on for a moment first. */
function endAfterLinger(response: Http2ServerResponse, raw: RawRequest, body: Uint8Array | undefined): void {
  const timer = setTimeout(() => response.end(), LINGER);
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  response.once('close', end);
  bodyOf(raw)?.once('end', end).once('error', end).resume();
  if (body !== undefined) response.write(body);
}

function endWith(response: AnswerSink, body: Uint8Array | undefined): void {
  if (body === undefined) response.end();
  else response.end(body);
}

/**
 * Writes the head as it stands on the exchange. A head that Node refuses (bytes that no field may hold) becomes a bare 502;
 * false says that the answer is complete or the connection gone.
 */
export function writeHead(flight: Flight): boolean {
  const { exchange, response, context } = flight;
  const { headers } = exchange;
  const ends = context.draining || context.shedding.closing;
  if (!(response instanceof Http2ServerResponse) && (ends || endsWithAnswer(flight, response)))
    headers.set('connection', 'close');
  try {
    put(response, exchange.status, headers);
    return true;
  } catch (error) {
    context.log.warn({ err: error, requestId: exchange.requestId }, 'the answer has a head that cannot be sent');
    flight.abortUpstream();
    if (response.headersSent) response.destroy(new Error('bad head'));
    else {
      if (response instanceof Http2ServerResponse)
        for (const name of response.getHeaderNames()) response.removeHeader(name);
      exchange.refusal = { policy: undefined, code: 'upstream/bad-head', where: undefined };
      exchange.status = 502;
      put(response, 502, new HeaderList(['content-length', '0']));
      endWith(response, undefined);
    }
    return false;
  }
}

/**
 * What a client sends behind a handshake is meant for a tunnel, or pretends not to be: where there is none, nobody reads it. A
 * malformed handshake may have more of it on the way.
 */
function endsWithAnswer({ request: { handshake } }: Flight, response: WireResponse): boolean {
  return handshake !== undefined && (handshake.kind === 'refuse' || response.ahead);
}

/** HTTP/1 takes flat pairs as they are; HTTP/2 refuses connection fields and wants repeated names joined. */
function put(response: RawResponse, status: number, headers: HeaderList): void {
  if (!(response instanceof Http2ServerResponse)) {
    response.writeHead(status, headers.pairs);
    return;
  }
  headers.remove('connection');
  const lines = new Map<string, string[]>();
  for (const [name, value] of headers.entries()) {
    const values = lines.get(name);
    if (values === undefined) lines.set(name, [value]);
    else values.push(value);
  }
  for (const [name, values] of lines) response.setHeader(name, values.length === 1 ? (values[0] ?? '') : values);
  response.writeHead(status);
}

/** A request that did not pass the gate, or came before there was a snapshot: no policy runs; its connection ends. */
export function answerTurned(context: ListenerContext, { response, raw }: Arrival, turned: Turned): undefined {
  context.metrics.countTurned(turned.code);
  context.log.warn(
    { code: turned.code, status: turned.status, method: raw.method, peer: raw.socket.remoteAddress },
    `a request was turned away at the gate: ${turned.code}`,
  );
  const body = Buffer.from(problem(turned));
  const lines = ['content-type', 'application/problem+json', 'content-length', String(body.length)];
  // A cache must not hand one client's refusal to another origin's page.
  put(response, turned.status, new HeaderList([...lines, 'vary', 'Origin', 'connection', 'close']));
  endWith(response, body);
}

/** Seconds after which a client that was turned away may ask again. */
const RETRY_AFTER = '5';

const SHED = Buffer.from(
  problem({ status: 503, code: 'gateway/shedding', detail: 'The gateway takes no new requests just now.' }),
);

/**
 * What comes while new requests are turned away: an answer that costs next to nothing, and no line of the log, which would cost
 * more. Like all that the gate refuses it runs no policy, and ends its connection.
 */
export function answerShed(context: ListenerContext, { response }: Arrival): undefined {
  context.metrics.countTurned('gateway/shedding');
  const lines = ['content-type', 'application/problem+json', 'content-length', String(SHED.length)];
  lines.push('retry-after', RETRY_AFTER, 'vary', 'Origin', 'connection', 'close');
  put(response, 503, new HeaderList(lines));
  endWith(response, SHED);
}

/** `OPTIONS *`: what the server as a whole can do. */
export function answerAboutServer(context: ListenerContext, { response }: Arrival, { allow }: AboutServer): undefined {
  context.metrics.countTurned('gate/about-server');
  put(response, 204, new HeaderList(['allow', allow]));
  endWith(response, undefined);
}
