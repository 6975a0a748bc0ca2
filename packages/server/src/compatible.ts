import httpProxy from '@fastify/http-proxy';
import { upstreamPath } from '@postern/engine';
import fastify from 'fastify';
import type { Dispatcher } from 'undici';
import { crash } from './flight.ts';
import type { Flight } from './flight.ts';
import { BodyStream, MeteredBody } from './body-meter.ts';
import { HOST_OPTIONS } from './fastify-host.ts';
import { hostFor } from './forward.ts';
import { METHODS } from './node-http.ts';
import type { RawRequest, RawResponse } from './raw.ts';
import { Relay } from './relay.ts';
import { failUpstream } from './upstream-failure.ts';
import { UpstreamError } from './wire/upstream-error.ts';

/** By this key a flight travels through reply-from's header record to the call that is made in the end. */
const FLIGHT = Symbol('postern.flight');

/** Fastify's replies of flights on their way: it must not wait for the end of an answer that is ours to send. */
const REPLIES = new WeakMap<Flight, { hijack(): unknown }>();

/** Fastify with the catch-all of the compatible lane; it has no server of its own. */
export interface CompatibleApp {
  take(raw: RawRequest, response: RawResponse): void;
  close(): Promise<void>;
}

/**
 * The compatible lane: a catch-all of `@fastify/http-proxy` for upstreams over HTTP/2 and unix sockets. Of its ways only the
 * passage through Fastify is left: target, headers, body, TLS, time limits and answer are ours, made from the exchange, so
 * that none of its defaults (docs/decisions/compatible-lane.md) can take effect.
 */
export async function openCompatible(flights: WeakMap<object, Flight>): Promise<CompatibleApp> {
  const app = fastify(HOST_OPTIONS);
  // Fastify must not read bodies: the parsers cut text at 1 MiB and answer 415 to what they do not know.
  for (const method of METHODS) app.addHttpMethod(method, { hasBody: false, overrideExisting: true });
  app.addHook('onRequest', (request, reply, onward) => {
    const flight = flights.get(request.raw);
    if (flight !== undefined) REPLIES.set(flight, reply);
    onward();
  });
  await app.register(httpProxy, {
    // Never dialled: the call below goes to the exchange's own target.
    upstream: 'http://postern.invalid',
    proxyPayloads: false,
    httpMethods: app.supportedMethods,
    disableRequestLogging: true,
    // oxlint-disable-next-line typescript/consistent-type-assertions -- reply-from calls `request` alone; its types want a whole dispatcher
    undici: { request: callUpstream } as unknown as Dispatcher,
    replyOptions: {
      rewriteRequestHeaders: (request: { readonly raw: object }) => ({ [FLIGHT]: flights.get(request.raw) }),
    },
  });
  await app.ready();
  return {
    take(raw, response) {
      // oxlint-disable-next-line typescript/consistent-type-assertions -- Fastify reads a few fields that our wire's requests have as well as Node's; its types want Node's
      const [request, reply] = [raw, response] as unknown as Parameters<typeof app.routing>;
      app.routing(request, reply);
    },
    close: () => app.close(),
  };
}

/** What reply-from calls in place of an undici pool: makes the exchange's own call and relays the answer. */
function callUpstream({ headers }: { readonly headers: Readonly<Record<typeof FLIGHT, Flight | undefined>> }): void {
  const flight = headers[FLIGHT];
  if (flight === undefined) return;
  REPLIES.get(flight)?.hijack();
  const { target } = flight;
  if (target?.kind !== 'compatible') return crash(flight, new Error('the compatible lane has no target'));
  if (target.pool.stats.size >= target.most)
    return failUpstream(flight, new UpstreamError('POSTERN_QUEUE_FULL', 'enough requests wait for this target'));
  const abort = new AbortController();
  flight.upstreamCall = abort;
  target.pool
    .request({ ...toDispatch(flight), responseHeaders: 'raw', signal: abort.signal })
    .then((answer) => relay(flight, answer))
    .catch((error: unknown) => {
      if (!flight.closed) failUpstream(flight, error instanceof Error ? error : new Error(String(error)));
    });
}

/** What the upstream is asked, for undici: origin from the document, path as the checked bytes. */
function toDispatch(flight: Flight): Dispatcher.DispatchOptions {
  const { exchange, request, target, requestBody } = flight;
  const headers = exchange.outgoing;
  headers.set('host', hostFor(flight));
  if (requestBody !== undefined) headers.set('content-length', String(requestBody.length));
  const path = upstreamPath(exchange, target);
  const body = requestBody ?? (flight.hasBody ? new BodyStream(new MeteredBody(flight)) : null);
  return { path, method: request.method, headers: headers.pairs, body };
}

function relay(flight: Flight, { statusCode, headers, body }: Dispatcher.ResponseData): void {
  const relayed = new Relay(flight, { resume: () => body.resume() });
  body.on('error', () => relayed.cut());
  if (flight.closed) return void body.destroy();
  const flows = relayed.head(statusCode, toPairs(headers));
  body.on('data', (chunk: Uint8Array) => {
    if (!relayed.data(chunk)) body.pause();
  });
  body.on('end', () => relayed.end());
  if (!flows) body.pause();
}

/** `responseHeaders: 'raw'` gives flat name-value lines, which undici's types do not say; HTTP/2 gives a record all the same. */
function toPairs(headers: unknown): string[] {
  const pairs: string[] = [];
  if (Array.isArray(headers)) {
    const lines: readonly unknown[] = headers;
    for (let at = 0; at + 1 < lines.length; at += 2) pairs.push(String(lines[at]).toLowerCase(), String(lines[at + 1]));
  } else if (typeof headers === 'object' && headers !== null) {
    for (const [name, value] of Object.entries<unknown>({ ...headers })) {
      const lines: readonly unknown[] = Array.isArray(value) ? value : [value];
      for (const line of lines) if (!name.startsWith(':')) pairs.push(name, String(line));
    }
  }
  return pairs;
}
