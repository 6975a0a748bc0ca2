import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import fastify from 'fastify';
import type { FastifyServerOptions } from 'fastify';
import { mountCompatible } from './compatible.ts';
import type { ListenerContext } from './flight.ts';
import { handle } from './handle.ts';
import type { Handler, NodeServer, RawRequest, RawResponse } from './raw.ts';
import { answerTurned } from './reply.ts';
import { refuseConnect, refuseUnparsed } from './unparsed.ts';

/**
 * Fastify over a server of ours, as the host of one listener. Its router never sees a URL: every request is `/` to it, and
 * one root hook takes the raw request before any of its own answers (400, 404, 413, 415) can come first. It goes on only
 * for the compatible lane.
 */
export async function openApp(
  context: ListenerContext,
  makeServer: (handler: Handler) => NodeServer,
): Promise<{ readonly server: NodeServer; close(): Promise<void> }> {
  const expecting = new WeakSet<object>();
  const made: { server: NodeServer | undefined } = { server: undefined };
  const options: FastifyServerOptions = {
    serverFactory: (routing) => {
      // oxlint-disable-next-line typescript/consistent-type-assertions -- Fastify routes HTTP/1 and HTTP/2 alike; its types want one kind at a time
      const handler = routing as Handler;
      const server = makeServer(handler);
      made.server = server;
      server.on('checkContinue', (request: RawRequest, response: RawResponse) => {
        expecting.add(request);
        handler(request, response);
      });
      server.on('checkExpectation', (raw: RawRequest, response: RawResponse) => {
        const detail = 'The expectation is not supported.';
        const arrival = { raw, response, url: raw.url ?? '', awaitsContinue: false, onward: () => undefined };
        answerTurned(context, arrival, { kind: 'turned', status: 417, code: 'gate/expectation', detail });
      });
      // Without a listener Node would close the connection without a word.
      server.on('connect', (_request: RawRequest, socket: Duplex) => refuseConnect(context, socket));
      // oxlint-disable-next-line typescript/consistent-type-assertions -- the same
      return server as Server;
    },
    rewriteUrl: () => '/',
    logger: false,
    clientErrorHandler: (error: Error, socket: Socket) => refuseUnparsed(context, error, socket),
    // Closing is ours: the drain waits for exchanges, not for Fastify's idea of them.
    forceCloseConnections: false,
    return503OnClosing: false,
  };
  const app = fastify(options);
  app.addHook('onRequest', (request, reply, onward) => {
    const { raw } = request;
    handle(context, {
      raw,
      response: reply.raw,
      url: request.originalUrl,
      awaitsContinue: expecting.has(raw),
      onward,
    });
  });
  await mountCompatible(app, context.compatible);
  await app.ready();
  if (made.server === undefined) throw new Error('Fastify made no server');
  return { server: made.server, close: () => app.close() };
}
