import { BusError } from './bucket.ts';

const NO_BUCKET = 10059;
const WRONG_LAST_SEQUENCE = 10071;

/** A cluster without a leader, or whose members are not up to date yet, and JetStream switched off. */
const NOT_NOW = new Set<unknown>([10004, 10008, 10009, 10023, 10039, 10076]);
const NO_LEADER = 'JetStream is not switched on or has no leader';

/** What Node says of a certificate that it does not trust, and of a server that does not trust ours. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_/;
const CERTIFICATE_WANTED = /^ERR_SSL_.*ALERT|^ERR_SSL_.*HANDSHAKE/;

/** Turns what the client throws into words, and throws them. */
export function rethrow(where: string): (error: unknown) => never {
  return (error) => {
    throw toBusError(where, error);
  };
}

/** What the client throws, in words that say where and what. It is read by its members: the client's types end in bus.ts. Pure. */
export function toBusError(where: string, error: unknown): BusError {
  if (error instanceof BusError) return error;
  if (!(error instanceof Error)) return new BusError('other', `${where}: ${String(error)}`, error);
  const [kind, what] = fromServer(error) ?? fromNetwork(error);
  return new BusError(kind, what === '' ? `${where} does not exist` : `${where}: ${what}`, error);
}

/**
 * Adds to why a connection did not come about what only this side can see: credentials that have run out, which a server does
 * not tell from wrong ones, and a server that hangs up after the handshake of TLS, which the client waits out. Pure.
 */
export function explain(
  error: BusError,
  { where, tls, expiry }: { readonly where: string; readonly tls: boolean; readonly expiry: string },
): BusError {
  if (error.kind === 'denied' && expiry !== '') return new BusError('denied', `${error.message}${expiry}`, error.cause);
  if (!tls || textOf(error.cause, 'code') !== 'TIMEOUT') return error;
  const what = 'it hangs, does not trust the certificate shown here, or asks for a certificate and sees none';
  return new BusError('tls', `${where}: the server says nothing: ${what}`, error.cause);
}

type Words = readonly [kind: BusError['kind'], what: string];

/** What a server answered. */
function fromServer(error: Error): Words | undefined {
  const denied = memberOf(error, 'permissionContext');
  const api = memberOf(error, 'api_error');
  const description = textOf(api, 'description');
  if (denied !== undefined)
    return ['denied', `the right to ${textOf(denied, 'operation')} ${textOf(denied, 'subject')} is missing`];
  if (api !== undefined) {
    const number = memberOf(api, 'err_code');
    if (number === NO_BUCKET) return ['no-bucket', ''];
    if (NOT_NOW.has(number)) return ['unavailable', `${NO_LEADER}: ${description}`];
    return [number === WRONG_LAST_SEQUENCE ? 'conflict' : 'other', description];
  }
  switch (textOf(error, 'code')) {
    case 'AUTHORIZATION_VIOLATION':
      return ['denied', 'the server takes nobody by these credentials'];
    case 'AUTHENTICATION_EXPIRED':
    case 'ACCOUNT_EXPIRED':
      return ['denied', 'the server takes these credentials no more: they have expired'];
    case '503':
      return ['unavailable', NO_LEADER];
    case 'SERVER_OPT_NA':
      return ['tls', 'the server speaks no TLS'];
    default:
      return undefined;
  }
}

/** What the network, TLS and the files of TLS had against it. */
function fromNetwork(error: Error): Words {
  const code = textOf(error, 'code');
  // The client wraps what is wrong with the files of TLS.
  if (code === 'TLS') {
    const inner = memberOf(error, 'chainedError');
    return ['unusable', `the files of TLS cannot be used: ${inner instanceof Error ? inner.message : error.message}`];
  }
  if (CERTIFICATE_WANTED.test(code))
    return ['tls', `the server wants a certificate that it trusts, or another version of TLS: ${error.message}`];
  if (UNTRUSTED.test(code)) return ['tls', `the certificate of the server is not trusted: ${error.message}`];
  return code === '' ? ['other', String(error)] : ['unreachable', error.message];
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const found: unknown = Reflect.get(value, name);
  return found ?? undefined;
}

function textOf(value: unknown, name: string): string {
  const found = memberOf(value, name);
  return typeof found === 'string' ? found : '';
}
