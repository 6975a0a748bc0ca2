import type { Socket } from 'node:net';
import { problem } from '@postern/engine';
import type { ListenerContext } from './flight.ts';
import { STATUS_CODES } from './node-http.ts';
import type { Refused } from './wire/request-head.ts';

/** The answer to what never was a request, counted and logged. The connection ends behind it. */
export function refusalOf(context: ListenerContext, refused: Refused, socket: Socket): string {
  const { status, code } = refused;
  context.metrics.countTurned(code);
  const peer = socket.remoteAddress;
  context.log.warn({ code, status, peer }, `a request was turned away at the gate: ${code}`);
  const body = problem(refused);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/problem+json',
    // A cache must not hand one client's refusal to another origin's page.
    'vary: Origin',
    'connection: close',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
