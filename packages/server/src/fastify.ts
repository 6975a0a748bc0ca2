import type { Server } from 'node:http';
import fastify from 'fastify';
import type { FastifyServerOptions } from 'fastify';
import { mountCompatible } from './compatible.ts';
import type { ListenerContext } from './flight.ts';
import { handle } from './handle.ts';
import { METHODS } from './node-http.ts';
import type { ProtocolServer } from './protocol-server.ts';
import type { Handler, RawRequest, RawResponse } from './raw.ts';

/**
 * Fastify over a server of ours, as the host of one listener. Its router never sees a URL: every request is `/` to it, and
 * one root hook takes the raw request before any of its own answers (400, 404, 413, 415) can come first. It goes on only
 * for the compatible lane.
 */
export async function openApp(
  context: ListenerContext,
  makeServer: (handler: Handler) => ProtocolServer,
): Promise<{ readonly made: ProtocolServer; close(): Promise<void> }> {
  let made: ProtocolServer | undefined;
  const methods = new Set(METHODS);
  const options: FastifyServerOptions = {
    serverFactory: (routing) => {
      // oxlint-disable-next-line typescript/consistent-type-assertions -- Fastify reads a few fields that our wire's requests have as well as Node's; its types want Node's
      const route = routing as unknown as Handler;
      made = makeServer((raw, response) => {
        // Fastify has no routes for other methods, and answers of its own: the gate refuses them.
        if (methods.has(raw.method)) route(raw, response);
        else handle(context, { raw, response, url: raw.url, onward: () => undefined });
      });
      // oxlint-disable-next-line typescript/consistent-type-assertions -- what Fastify calls on it, every server of node:net has
      return made.server as Server;
    },
    rewriteUrl: () => '/',
    logger: false,
    // Closing is ours: the drain waits for exchanges, not for Fastify's idea of them.
    forceCloseConnections: false,
    return503OnClosing: false,
  };
  const app = fastify(options);
  app.addHook('onRequest', (request, reply, onward) => {
    const { originalUrl: url } = request;
    // oxlint-disable-next-line typescript/consistent-type-assertions -- what our own server gave to Fastify
    const raw = request.raw as unknown as RawRequest;
    // oxlint-disable-next-line typescript/consistent-type-assertions -- the same
    const response = reply.raw as unknown as RawResponse;
    handle(context, { raw, response, url, onward });
  });
  await mountCompatible(app, context.compatible);
  await app.ready();
  if (made === undefined) throw new Error('Fastify made no server');
  return { made, close: () => app.close() };
}
