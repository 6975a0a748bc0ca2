import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createHttp2Server, createSecureServer } from 'node:http2';
import type { ServerHttp2Session } from 'node:http2';
import { once } from 'node:events';
import type { Issue, Limits, Listener, Log } from '@postern/model';
import { openApp } from './fastify.ts';
import type { ListenerContext } from './flight.ts';
import type { Handler, NodeServer } from './raw.ts';

/** A listener that takes requests. */
export interface OpenListener {
  readonly context: ListenerContext;
  readonly address: Pick<Listener, 'name' | 'host' | 'port' | 'protocol'>;
  readonly server: NodeServer;
  readonly sessions: ReadonlySet<ServerHttp2Session>;
  close(): Promise<void>;
}

/** A socket that is bound and may not listen yet: `server.listen` takes it in place of an address. */
export type ListenerSocket = object;

/** Calls `changed` when one of the files has other content; returns how to stop. */
export type WatchFiles = (paths: readonly string[], changed: () => void) => () => void;

/** What a listener is opened with. */
export interface ListenerOptions {
  readonly listener: Listener;
  readonly context: ListenerContext;
  readonly log: Log;
  readonly watchFiles: WatchFiles;
  /** Undefined: the listener binds its own. */
  readonly socket: ListenerSocket | undefined;
}

/** Opens one listener: Node's server by protocol, Fastify on top of it, its certificate re-read when the files change. */
export async function openListener(options: ListenerOptions): Promise<OpenListener> {
  const { listener, context } = options;
  const certificate = new Certificate(options);
  const app = await openApp(context, (handler) => makeServer(listener, context.limits, handler)).catch(
    (error: unknown) => {
      certificate.close();
      throw error;
    },
  );
  const { server } = app;
  certificate.serveOn(server);
  const sessions = trackSessions(server, context.limits);
  const close = async (): Promise<void> => {
    certificate.close();
    server.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
    for (const session of sessions) session.destroy();
    await app.close();
  };
  server.maxConnections = context.limits.maxConnections;
  try {
    if (options.socket === undefined) server.listen({ host: listener.host, port: listener.port });
    else server.listen(options.socket);
    await once(server, 'listening');
  } catch (error) {
    certificate.close();
    await app.close();
    throw error;
  }
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : listener.port;
  const { name, host, protocol } = listener;
  return { context, address: { name, host, port, protocol }, server, sessions, close };
}

function makeServer(listener: Listener, limits: Limits, handler: Handler): NodeServer {
  const http1 = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersTimeout,
    requestTimeout: Math.max(limits.requestTimeout, limits.headersTimeout),
    keepAliveTimeout: limits.idleTimeout,
    // Node looks at its deadlines only every 30 s unless told.
    connectionsCheckingInterval: Math.min(1_000, Math.max(50, limits.headersTimeout / 4)),
    insecureHTTPParser: false,
    // A missing Host is the gate's to refuse, with its own answer and its own count.
    requireHostHeader: false,
    // The default also joins nothing, but says it: the gate sees every line as it came.
    joinDuplicateHeaders: false,
  };
  // A stream's header list is bounded like a head of HTTP/1; Node closes what is over it.
  const http2 = { settings: { maxHeaderListSize: limits.headerBytes }, maxHeaderListPairs: limits.headerCount + 8 };
  switch (listener.protocol) {
    case 'http': {
      const server = createServer(http1, handler);
      // Node drops lines over this count in silence; the gate refuses instead.
      server.maxHeadersCount = 0;
      return server;
    }
    case 'https':
      try {
        return createSecureServer({ ...http1, ...http2, ...readCertificate(listener), allowHTTP1: true }, handler);
      } catch (error) {
        throw new CertificateUnusable(listener, error);
      }
    case 'h2c':
      return createHttp2Server(http2, handler);
    default:
      return listener.protocol satisfies never;
  }
}

function readCertificate({ tls }: Listener): { cert: Buffer; key: Buffer } | undefined {
  return tls === undefined ? undefined : { cert: readFileSync(tls.cert), key: readFileSync(tls.key) };
}

/** Why an https listener cannot open: its certificate or key is not there, or is none. */
export class CertificateUnusable extends Error {
  readonly issue: Issue;

  constructor({ name, place, tls }: Listener, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`listener ${name}: ${reason}`, { cause });
    this.issue = {
      severity: 'error',
      code: 'server/tls-unreadable',
      message: `server.listen.${name}.tls: ${reason} (cert ${tls?.cert}, key ${tls?.key})`,
      ...place,
      pointer: '/server/listen',
      fix: 'check that both files exist, hold a PEM certificate and its key, and may be read by the gateway',
    };
  }
}

/** A new certificate serves new connections; one that cannot be read leaves the old in place and is logged. */
class Certificate {
  readonly #options: ListenerOptions;
  #server: NodeServer | undefined = undefined;
  /** Watched from before the first read on: a change in between is seen, not missed. */
  readonly close: () => void;

  constructor(options: ListenerOptions) {
    this.#options = options;
    const { tls } = options.listener;
    this.close = tls === undefined ? () => undefined : options.watchFiles([tls.cert, tls.key], () => this.#reread());
  }

  serveOn(server: NodeServer): void {
    this.#server = server;
  }

  #reread(): void {
    const { listener, log } = this.#options;
    const server = this.#server;
    if (server === undefined || !('setSecureContext' in server)) return;
    try {
      server.setSecureContext(readCertificate(listener) ?? {});
      log.info({ listener: listener.name, cert: listener.tls?.cert }, 'the certificate was re-read');
    } catch (error) {
      log.error(
        { listener: listener.name, cert: listener.tls?.cert, err: error },
        'the new certificate cannot be used; the old one stays',
      );
    }
  }
}

function trackSessions(server: NodeServer, limits: Limits): ReadonlySet<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session: ServerHttp2Session) => {
    sessions.add(session);
    session.setTimeout(limits.idleTimeout, () => session.close());
    session.once('close', () => sessions.delete(session));
  });
  return sessions;
}
