import { createServer as createHttp2Server } from 'node:http2';
import type { Http2Server, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Server as TlsServer } from 'node:tls';
import type { Limits, Listener } from '@postern/model';
import { CertificateUnusable, readCertificate } from './certificate.ts';
import type { Handler } from './raw.ts';
import type { ConnectionHost } from './wire/connection-host.ts';
import { openWire } from './wire/wire-server.ts';

/** A server of one listener, by its protocol: HTTP/1 on our own wire, HTTP/2 on Node's. */
export interface ProtocolServer {
  /** What listens. */
  readonly server: Server;
  /** The same, where it speaks TLS. */
  readonly tls: TlsServer | undefined;
  readonly sessions: ReadonlySet<ServerHttp2Session>;
  /** Cuts every connection. */
  destroy(): void;
}

/** What it is made with. */
export interface ProtocolOptions {
  readonly listener: Listener;
  readonly limits: Limits;
  readonly handler: Handler;
  readonly refusal: ConnectionHost['refusal'];
}

/** Makes the server; throws `CertificateUnusable` where a certificate cannot be read. It does not listen yet. */
export function makeProtocolServer({ listener, limits, handler, refusal }: ProtocolOptions): ProtocolServer {
  switch (listener.protocol) {
    case 'http': {
      const server = createServer();
      const wire = openWire(server, { limits, handler, refusal });
      server.on('connection', (socket) => wire.accept(socket));
      return { server, tls: undefined, sessions: new Set(), destroy: () => wire.destroy() };
    }
    case 'https': {
      const http2 = makeHttp2Server(limits, handler);
      const server = makeTlsServer(listener, limits);
      const wire = openWire(server, { limits, handler, refusal });
      const sessions = trackSessions(http2, limits);
      server.on('secureConnection', (socket) => {
        if (socket.alpnProtocol === 'h2') http2.emit('connection', socket);
        else wire.accept(socket);
      });
      return {
        server,
        tls: server,
        sessions,
        destroy: () => {
          wire.destroy();
          for (const session of sessions) session.destroy();
        },
      };
    }
    case 'h2c': {
      const server = makeHttp2Server(limits, handler);
      const sessions = trackSessions(server, limits);
      const destroy = (): void => {
        for (const session of sessions) session.destroy();
      };
      return { server, tls: undefined, sessions, destroy };
    }
    default:
      return listener.protocol satisfies never;
  }
}

function makeTlsServer(listener: Listener, limits: Limits): TlsServer {
  try {
    return createTlsServer({
      ...readCertificate(listener),
      ALPNProtocols: ['h2', 'http/1.1'],
      handshakeTimeout: limits.headersTimeout,
    });
  } catch (error) {
    throw new CertificateUnusable(listener, error);
  }
}

function makeHttp2Server(limits: Limits, handler: Handler): Http2Server {
  // A stream's header list is bounded like a head of HTTP/1; Node closes what is over it.
  const settings = { maxHeaderListSize: limits.headerBytes };
  const server = createHttp2Server({ settings, maxHeaderListPairs: limits.headerCount + 8 }, handler);
  // With a listener Node leaves it to us to ask for the body, or to refuse: the handler sees the field.
  server.on('checkContinue', handler);
  server.on('checkExpectation', handler);
  return server;
}

function trackSessions(server: Http2Server, limits: Limits): ReadonlySet<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session: ServerHttp2Session) => {
    sessions.add(session);
    const streams = new Set<ServerHttp2Stream>();
    session.on('stream', (stream) => {
      streams.add(stream);
      stream.once('close', () => streams.delete(stream));
    });
    const atRest = (): void => {
      // What a client never takes would be held for it for ever; one that waits for an upstream may wait.
      if ([...streams].some(({ writableLength }) => writableLength > 0)) return session.destroy();
      session.close();
      session.setTimeout(limits.idleTimeout, atRest);
    };
    session.setTimeout(limits.idleTimeout, atRest);
    session.once('close', () => sessions.delete(session));
  });
  return sessions;
}
