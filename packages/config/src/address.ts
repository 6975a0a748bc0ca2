import { parseIp } from './ip.ts';

/** Where to listen or connect. `host` is empty for all interfaces; IPv6 stands without brackets. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const LABEL = /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/;

/** Reads `host:port`, `[v6]:port` or `:port`; undefined when the text is none. Pure. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(\[[^\]]*\]|[^:[\]]*):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2] ?? NaN);
  if (match === null || port > 65535) return undefined;
  const host = match[1] === '' ? '' : parseHost(match[1] ?? '');
  return host === undefined ? undefined : { host, port };
}

/** Reads a host name (lower-cased), a dotted quad or an IPv6 literal in brackets; undefined when the text is none. Pure. */
export function parseHost(text: string): string | undefined {
  if (text.startsWith('[')) {
    const inner = text.slice(1, -1).toLowerCase();
    return text.endsWith(']') && inner.includes(':') && parseIp(inner) !== undefined ? inner : undefined;
  }
  const host = text.toLowerCase();
  return isHostName(host) || parseIp(host)?.version === 4 ? host : undefined;
}

/**
 * Whether a lower-case text is a host name. A last label of digits (or a hexadecimal one) is none: resolvers take `127.1`
 * and `0x7f.1` for addresses.
 */
export function isHostName(host: string): boolean {
  if (host.length === 0 || host.length > 253) return false;
  const labels = host.split('.');
  return labels.every((label) => LABEL.test(label)) && !/^(?:\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '');
}

/** Whether two addresses cannot be listened on at one time. Port 0 is another free port each time. */
export function clash(one: Address, other: Address): boolean {
  if (one.port === 0 || one.port !== other.port) return false;
  return one.host === other.host || takesAll(one.host, other.host) || takesAll(other.host, one.host);
}

function takesAll(host: string, other: string): boolean {
  return host === '' || host === '::' || (host === '0.0.0.0' && !other.includes(':'));
}
