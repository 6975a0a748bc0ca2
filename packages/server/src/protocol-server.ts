import { createServer as createHttp2Server } from 'node:http2';
import type { Http2Server, ServerHttp2Session } from 'node:http2';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Server as TlsServer } from 'node:tls';
import type { Limits, Listener } from '@postern/model';
import { CertificateUnusable, readCertificate } from './certificate.ts';
import type { Handler } from './raw.ts';
import { trackSessions } from './sessions.ts';
import type { SessionHost } from './session.ts';
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
export interface ProtocolOptions extends Omit<SessionHost, 'clock'> {
  readonly listener: Listener;
  readonly handler: Handler;
  readonly refusal: ConnectionHost['refusal'];
}

/** Makes the server; throws `CertificateUnusable` where a certificate cannot be read. It does not listen yet. */
export function makeProtocolServer(options: ProtocolOptions): ProtocolServer {
  const { listener, limits, handler, refusal } = options;
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
      const sessions = trackSessions({ http2, server }, options);
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
      const sessions = trackSessions({ http2: server, server }, options);
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
    const server = createTlsServer({
      ...readCertificate(listener),
      ALPNProtocols: ['h2', 'http/1.1'],
      handshakeTimeout: limits.headersTimeout,
    });
    // Node says that the handshake failed, or took too long, and leaves the connection open.
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    return server;
  } catch (error) {
    throw new CertificateUnusable(listener, error);
  }
}

function makeHttp2Server(limits: Limits, handler: Handler): Http2Server {
  const server = createHttp2Server(
    {
      // A stream's header list is bounded like a head of HTTP/1; Node closes what is over it.
      settings: { maxHeaderListSize: limits.headerBytes, maxConcurrentStreams: limits.maxStreams },
      maxHeaderListPairs: limits.headerCount + 8,
      // What is reset before we hear of it counts as well: in Node, over the whole life of a connection.
      maxSessionInvalidFrames: limits.maxResets,
      maxSessionRejectedStreams: limits.maxResets,
    },
    handler,
  );
  // With a listener Node leaves it to us to ask for the body, or to refuse: the handler sees the field.
  server.on('checkContinue', handler);
  server.on('checkExpectation', handler);
  return server;
}
