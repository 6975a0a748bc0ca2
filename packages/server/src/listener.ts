import { once } from 'node:events';
import type { ServerHttp2Session } from 'node:http2';
import type { Server } from 'node:net';
import type { Listener } from '@postern/model';
import { Certificate } from './certificate.ts';
import type { WatchFiles } from './certificate.ts';
import type { ClientConnections } from './client-connections.ts';
import { openApp } from './fastify.ts';
import type { ListenerContext } from './flight.ts';
import { makeProtocolServer } from './protocol-server.ts';
import { refusalOf } from './unparsed.ts';

/** A listener that takes requests. */
export interface OpenListener {
  readonly context: ListenerContext;
  readonly address: Pick<Listener, 'name' | 'host' | 'port' | 'protocol'>;
  readonly server: Server;
  readonly sessions: ReadonlySet<ServerHttp2Session>;
  close(): Promise<void>;
}

/** A socket that is bound and may not listen yet: `server.listen` takes it in place of an address. */
export type ListenerSocket = object;

/** What a listener is opened with. */
export interface ListenerOptions {
  readonly listener: Listener;
  readonly context: ListenerContext;
  readonly connections: ClientConnections;
  readonly watchFiles: WatchFiles;
  /** Undefined: the listener binds its own. */
  readonly socket: ListenerSocket | undefined;
}

/** Opens one listener: a server by protocol, Fastify on top of it, its certificate re-read when the files change. */
export async function openListener(options: ListenerOptions): Promise<OpenListener> {
  const { listener, context } = options;
  const { limits, log, shedding } = context;
  const { vitals } = context.metrics;
  const certificate = new Certificate({ ...options, log });
  const app = await openApp(context, (handler) =>
    makeProtocolServer({
      listener,
      limits,
      vitals,
      shedding,
      log,
      handler,
      refusal: (refused, socket) => refusalOf(context, refused, socket),
    }),
  ).catch((error: unknown) => {
    certificate.close();
    throw error;
  });
  const { server, tls, sessions } = app.made;
  if (tls !== undefined) certificate.serveOn(tls);
  const close = async (): Promise<void> => {
    certificate.close();
    server.close();
    app.made.destroy();
    await app.close();
  };
  options.connections.watch(server);
  try {
    if (options.socket === undefined) server.listen({ host: listener.host, port: listener.port });
    else server.listen(options.socket);
    await once(server, 'listening');
  } catch (error) {
    certificate.close();
    // What never listened says no 'close' of its own, and the wire's sweep waits for one.
    server.emit('close');
    await app.close();
    throw error;
  }
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : listener.port;
  const { name, host, protocol } = listener;
  return { context, address: { name, host, port, protocol }, server, sessions, close };
}
