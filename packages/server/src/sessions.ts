import type { Http2Server, ServerHttp2Session } from 'node:http2';
import type { Server } from 'node:net';
import { Session } from './session.ts';
import type { SessionHost } from './session.ts';
import { startSweeps } from './wire/sweeps.ts';

/**
 * Watches over the connections of HTTP/2 of one server: what is over its time or its measure is ended. As on the wire of
 * HTTP/1 one timer looks at all of them; it ends with `server`, the one that listens.
 */
export function trackSessions(
  { http2, server }: { readonly http2: Http2Server; readonly server: Server },
  host: Omit<SessionHost, 'clock'>,
): ReadonlySet<ServerHttp2Session> {
  const { headersTimeout, idleTimeout, requestTimeout } = host.limits;
  const sessions = new Set<ServerHttp2Session>();
  const watched = new Set<Session>();
  const clock = startSweeps(server, Math.min(headersTimeout, idleTimeout, requestTimeout), (now) => {
    for (const session of watched) session.sweep(now);
  });
  http2.on('session', (session: ServerHttp2Session) => {
    const one = new Session(session, { ...host, clock });
    sessions.add(session);
    watched.add(one);
    session.once('close', () => {
      sessions.delete(session);
      watched.delete(one);
    });
  });
  return sessions;
}
