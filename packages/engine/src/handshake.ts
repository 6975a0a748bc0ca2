import type { HeaderList, HttpProtocol, Refuse } from '@postern/model';

/** What a request for a web socket asks (RFC 6455 section 4.2.1), or why it is none: the refusal that it gets after its policies. */
export type Handshake = WebSocketHandshake | Refuse;

/** A handshake that keeps to the rules. */
export interface WebSocketHandshake {
  readonly kind: 'web-socket';
  /** `Sec-WebSocket-Key` as it came: what the upstream's answer is checked against. */
  readonly key: string;
}

/** The parts of a request's head that make a handshake. */
interface Asking {
  readonly protocol: HttpProtocol;
  readonly method: string;
  readonly headers: HeaderList;
}

/** As the cors plugin reads it: what one of the two takes for a handshake the other must too. */
const WEB_SOCKET = /(?:^|,)[ \t]*websocket[ \t]*(?:,|$)/i;
const UPGRADE = /(?:^|,)[ \t]*upgrade[ \t]*(?:,|$)/i;
/** 16 bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;
const VERSION = /^\d{1,3}$/;
const PROTOCOLS = /^[!#$%&'*+.^_`|~0-9A-Za-z, \t-]*$/;

/**
 * Reads the handshake of a request that has an `Upgrade` field. Undefined where it does not ask for a web socket, or asks over
 * HTTP/1.0, where the field means nothing (RFC 9110 section 7.8): such a request goes on without the field. Pure.
 */
export function readHandshake({ protocol, method, headers }: Asking): Handshake | undefined {
  if (protocol !== 'HTTP/1.1' || !WEB_SOCKET.test(headers.get('upgrade') ?? '')) return undefined;
  if (method !== 'GET') return malformed('its method is not GET');
  if (headers.has('transfer-encoding') || (headers.get('content-length') ?? '0') !== '0')
    return malformed('it has a body');
  if (!UPGRADE.test(headers.get('connection') ?? '')) return malformed('Connection does not name Upgrade');
  const key = headers.get('sec-websocket-key') ?? '';
  // A second line makes a list, which is no key, and no version either.
  if (!KEY.test(key)) return malformed('Sec-WebSocket-Key is not one key of 16 bytes');
  const version = headers.get('sec-websocket-version') ?? '';
  if (!VERSION.test(version)) return malformed('Sec-WebSocket-Version is not one number');
  if (Number(version) !== 13) return OTHER_VERSION;
  if (!PROTOCOLS.test(headers.get('sec-websocket-protocol') ?? ''))
    return malformed('Sec-WebSocket-Protocol is no list of names');
  return { kind: 'web-socket', key };
}

function malformed(what: string): Refuse {
  const detail = `The web socket handshake is malformed: ${what}.`;
  return { kind: 'refuse', status: 400, code: 'gateway/handshake', detail, headers: [] };
}

/** RFC 6455 section 4.2.2: the answer names the version that would do. */
const OTHER_VERSION: Refuse = {
  kind: 'refuse',
  status: 426,
  code: 'gateway/handshake-version',
  detail: 'Web sockets have version 13 here.',
  headers: ['sec-websocket-version', '13'],
};
