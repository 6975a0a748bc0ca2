import type { Server } from 'node:http';
import fastify from 'fastify';
import type { CompatibleApp } from './compatible.ts';
import { HOST_OPTIONS } from './fastify-host.ts';
import { crash } from './flight.ts';
import type { ListenerContext } from './flight.ts';
import { handle } from './handle.ts';
import { METHODS } from './node-http.ts';
import type { ProtocolServer } from './protocol-server.ts';
import type { Handler, RawRequest, RawResponse } from './raw.ts';

/**
 * Fastify over a server of ours, as the host of one listener. Its router never sees a URL: every request is `/` to it, and
 * one root hook takes the raw request before any of its own answers (400, 404, 413, 415) can come first. It never goes on:
 * the compatible lane is another Fastify, made for the first request that takes it.
 */
export async function openApp(
  context: ListenerContext,
  makeServer: (handler: Handler) => ProtocolServer,
): Promise<{ readonly made: ProtocolServer; close(): Promise<void> }> {
  let made: ProtocolServer | undefined;
  const methods = new Set(METHODS);
  const compatible = new LazyCompatible(context);
  const app = fastify({
    ...HOST_OPTIONS,
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
  });
  app.addHook('onRequest', (request, reply) => {
    const { originalUrl: url } = request;
    // oxlint-disable-next-line typescript/consistent-type-assertions -- what our own server gave to Fastify
    const raw = request.raw as unknown as RawRequest;
    // oxlint-disable-next-line typescript/consistent-type-assertions -- the same
    const response = reply.raw as unknown as RawResponse;
    handle(context, { raw, response, url, onward: () => compatible.take(raw, response) });
  });
  for (const method of METHODS) app.addHttpMethod(method, { hasBody: false, overrideExisting: true });
  app.route({
    method: app.supportedMethods,
    url: '/',
    handler: () => {
      throw new Error('a request came past the hook');
    },
  });
  await app.ready();
  if (made === undefined) throw new Error('Fastify made no server');
  return { made, close: async () => void (await Promise.all([app.close(), compatible.close()])) };
}

/** The compatible lane of one listener, once a request has taken it: nothing can be mounted on Fastify after it listens. */
class LazyCompatible {
  readonly #context: ListenerContext;
  #app: Promise<CompatibleApp> | undefined = undefined;

  constructor(context: ListenerContext) {
    this.#context = context;
  }

  take(raw: RawRequest, response: RawResponse): void {
    const flight = this.#context.compatible.get(raw);
    if (flight === undefined) return;
    this.#app ??= import('./compatible.ts').then(({ openCompatible }) => openCompatible(this.#context.compatible));
    this.#app
      .then((app) => {
        if (!flight.closed) app.take(raw, response);
      })
      .catch((error: unknown) => crash(flight, error));
  }

  async close(): Promise<void> {
    const app = await this.#app?.catch(() => undefined);
    await app?.close();
  }
}
