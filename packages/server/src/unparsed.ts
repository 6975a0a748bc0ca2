import { STATUS_CODES } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { problem } from '@postern/engine';
import type { ListenerContext } from './flight.ts';

/** A refusal on a connection that carries no request: Node's parser gave none, or it is a CONNECT. */
interface Refused {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

const METHOD: Refused = { status: 501, code: 'gate/method', detail: 'The method is not supported.' };
const MALFORMED: Refused = { status: 400, code: 'gate/malformed', detail: 'The request is malformed.' };

/** By the parser's code; all else is malformed. */
const REFUSED: ReadonlyMap<string, Refused> = new Map([
  ['HPE_INVALID_METHOD', METHOD],
  ['HPE_HEADER_OVERFLOW', { status: 431, code: 'gate/head-too-large', detail: 'The request head is too large.' }],
  [
    'ERR_HTTP_REQUEST_TIMEOUT',
    { status: 408, code: 'gate/request-timeout', detail: 'The request did not arrive in time.' },
  ],
]);

/** What Node's parser refused never was a request: one answer, then the connection ends. */
export function refuseUnparsed(context: ListenerContext, error: Error, socket: Socket): void {
  const reason = 'code' in error ? String(error.code) : '';
  // Half of another answer may be on its way on this connection: nothing may be written into it.
  const busy = '_httpMessage' in socket && socket._httpMessage !== null && socket._httpMessage !== undefined;
  if (reason === 'ECONNRESET' || !socket.writable || busy) {
    socket.destroy();
    return;
  }
  refuseOn(context, socket, REFUSED.get(reason) ?? MALFORMED);
}

/** No tunnels: the gateway would carry bytes that no policy has seen. */
export function refuseConnect(context: ListenerContext, socket: Duplex): void {
  refuseOn(context, socket, METHOD);
}

function refuseOn(context: ListenerContext, socket: Duplex, refused: Refused): void {
  const { status, code } = refused;
  context.metrics.countTurned(code);
  const peer = socket instanceof Socket ? socket.remoteAddress : undefined;
  context.log.warn({ code, status, peer }, `a request was turned away at the gate: ${code}`);
  const body = problem(refused);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/problem+json',
    'vary: Origin',
    'connection: close',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.on('error', () => undefined);
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
