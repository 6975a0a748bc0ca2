import { connect, isIP } from 'node:net';
import type { LookupFunction, Socket } from 'node:net';
import { connect as connectTls, createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { readsOf } from './upstream-reads.ts';
import type { TakeBytes } from './upstream-reads.ts';

/** Where a target is, and how it proves who it is. */
export interface DialOptions {
  readonly host: string;
  readonly port: number;
  /** Path of a unix socket, in the place of the two above; empty or absent: none. */
  readonly socket?: string;
  readonly lookup: LookupFunction | undefined;
  /** Undefined for plain TCP. */
  readonly tls: DialTls | undefined;
}

/** What a document says of TLS towards an upstream. */
export interface DialTls {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly servername?: string;
}

/** Opens sockets to one target. */
export interface Dial {
  /** The event that says the socket can be written to. */
  readonly ready: 'connect' | 'secureConnect';
  /** Opens one; what it reads is given to `take`. */
  open(take: TakeBytes): Socket;
}

/** Silent connections are probed, so that a stream without events does not outlive a host that vanished. */
const PROBED = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 };

/** Makes the dial. Throws when what the document gives for TLS is no PEM. */
export function dialTo({ host, port, socket: path = '', lookup, tls }: DialOptions): Dial {
  const where = path === '' ? { host, port } : { path };
  const options = { ...where, ...PROBED, ...(lookup === undefined ? {} : { lookup }) };
  if (tls === undefined) return { ready: 'connect', open: (take) => connect({ ...options, onread: readsOf(take) }) };
  const { servername, ...own } = tls;
  // The system's roots take a while to read: not at a reload, but when the first connection wants them.
  let secureContext: SecureContext | undefined = Object.keys(own).length === 0 ? undefined : createSecureContext(own);
  let session: Buffer | undefined;
  const open = (take: TakeBytes): Socket => {
    secureContext ??= createSecureContext();
    const socket = connectTls({
      ...options,
      secureContext,
      // RFC 6066 section 3: an address is no name.
      servername: servername ?? (isIP(host) === 0 ? host : ''),
      ALPNProtocols: ['http/1.1'],
      // Whatever the environment says: an upstream that cannot prove its name is not the upstream.
      rejectUnauthorized: true,
      ...(session === undefined ? {} : { session }),
    });
    socket.on('data', take);
    socket.on('session', (fresh: Buffer) => {
      session = fresh;
    });
    return socket;
  };
  return { ready: 'secureConnect', open };
}
