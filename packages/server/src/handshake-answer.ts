import { createHash } from 'node:crypto';
import { HeaderList } from '@postern/model';
import type { Agreed } from './wire/switching-head.ts';

/** What the upstream was asked. */
export interface AskedProtocol {
  /** `Sec-WebSocket-Key`. */
  readonly key: string;
  /** `Sec-WebSocket-Protocol`, all lines of it. */
  readonly protocols: string | undefined;
  /** `Sec-WebSocket-Extensions`, all lines of it. */
  readonly extensions: string | undefined;
}

/** RFC 6455 section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * What an upstream's 101 agrees to, or why it is no answer to that handshake (RFC 6455 section 4.1, what a client checks): a
 * peer that only looks like one of web sockets would make of a tunnel a way past every policy. Pure.
 */
export function readHandshakeAnswer(pairs: readonly string[], asked: AskedProtocol): Agreed | string {
  const headers = new HeaderList([...pairs]);
  if (headers.get('upgrade')?.toLowerCase() !== 'websocket') return 'the upstream switches to another protocol';
  if (!namesOf(headers.get('connection')).some((option) => option.toLowerCase() === 'upgrade'))
    return 'Connection does not name Upgrade';
  if (headers.has('transfer-encoding') || (headers.get('content-length') ?? '0') !== '0') return 'the 101 has a body';
  const accept = headers.get('sec-websocket-accept');
  if (accept === undefined) return 'Sec-WebSocket-Accept is missing';
  if (accept !== acceptOf(asked.key)) return 'Sec-WebSocket-Accept is not the one of this handshake';
  const agreed = ['sec-websocket-accept', accept];
  const protocol = headers.get('sec-websocket-protocol');
  if (protocol !== undefined) {
    if (!namesOf(asked.protocols).includes(protocol)) return 'Sec-WebSocket-Protocol is not one that was offered';
    agreed.push('sec-websocket-protocol', protocol);
  }
  const extensions = headers.get('sec-websocket-extensions');
  if (extensions !== undefined) {
    const offered = namesOf(asked.extensions);
    if (!namesOf(extensions).every((name) => offered.includes(name)))
      return 'Sec-WebSocket-Extensions has one that was not offered';
    agreed.push('sec-websocket-extensions', extensions);
  }
  return agreed;
}

/** `Sec-WebSocket-Accept` for a key (RFC 6455 section 4.2.2 step 5.4). */
function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}${GUID}`).digest('base64');
}

/** The members of a list without their parameters: quoted values hold no comma (RFC 6455 section 9.1). */
function namesOf(list: string | undefined): readonly string[] {
  if (list === undefined) return [];
  return list
    .split(',')
    .map((member) => (member.split(';')[0] ?? '').trim())
    .filter((name) => name !== '');
}
