import { BlockList, isIPv4, isIPv6 } from 'node:net';
import type { Client } from '@postern/engine';
import { HeaderList } from '@postern/model';
import type { HeaderView } from '@postern/model';

/** A set of addresses by CIDR: proxies that are believed, targets that are denied. */
export class AddressSet {
  readonly #list = new BlockList();
  readonly empty: boolean;

  /** `cidrs` were checked with the document. */
  constructor(cidrs: readonly string[]) {
    this.empty = cidrs.length === 0;
    for (const cidr of cidrs) {
      const slash = cidr.indexOf('/');
      const address = slash === -1 ? cidr : cidr.slice(0, slash);
      const family = isIPv6(address) ? 'ipv6' : 'ipv4';
      const bits = slash === -1 ? (family === 'ipv6' ? 128 : 32) : Number(cidr.slice(slash + 1));
      this.#list.addSubnet(address, bits, family);
    }
  }

  has(address: string): boolean {
    if (this.empty) return false;
    const plain = plainAddress(address);
    if (isIPv4(plain)) return this.#list.check(plain, 'ipv4');
    return isIPv6(plain) && this.#list.check(plain, 'ipv6');
  }
}

/** IPv4 addresses that a dual-stack socket shows in their IPv6 form, in their own. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && isIPv4(address.slice(7)) ? address.slice(7) : address;
}

/**
 * Finds the client behind trusted proxies: the last address in the list that no trusted proxy has. `X-Forwarded-*` counts
 * before `Forwarded` (RFC 7239), which proxies that write both keep in step.
 */
export function findClient(
  connection: { readonly peer: string; readonly scheme: 'http' | 'https' },
  headers: HeaderView,
  trusted: AddressSet,
): Client {
  const peer = plainAddress(connection.peer);
  if (!trusted.has(peer)) return { address: peer, scheme: connection.scheme, host: undefined, forwardedFor: undefined };
  const elements = readForwarded(headers.get('forwarded'));
  const forwardedFor =
    headers.get('x-forwarded-for') ?? elements?.map((element) => element.get('for') ?? '').join(', ');
  const nearest = elements?.at(-1);
  const scheme = (last(headers.get('x-forwarded-proto')) ?? nearest?.get('proto'))?.toLowerCase();
  return {
    address: furthestTrusted(forwardedFor, trusted) ?? peer,
    scheme: scheme === 'https' || scheme === 'http' ? scheme : connection.scheme,
    host: (last(headers.get('x-forwarded-host')) ?? nearest?.get('host'))?.toLowerCase(),
    forwardedFor,
  };
}

/** Elements of a `Forwarded` field: lower-case parameter to value, quotes taken off. */
function readForwarded(field: string | undefined): readonly ReadonlyMap<string, string>[] | undefined {
  return field?.split(',').map((element) => {
    const parameters = new Map<string, string>();
    for (const pair of element.split(';')) {
      const equals = pair.indexOf('=');
      if (equals === -1) continue;
      const value = pair.slice(equals + 1).trim();
      parameters.set(pair.slice(0, equals).trim().toLowerCase(), value.startsWith('"') ? value.slice(1, -1) : value);
    }
    return parameters;
  });
}

function furthestTrusted(forwardedFor: string | undefined, trusted: AddressSet): string | undefined {
  let found: string | undefined;
  for (const member of (forwardedFor ?? '').split(',').toReversed()) {
    const address = withoutPort(member.trim());
    // What is no address was not written by a proxy of ours: believe nothing to its left.
    if (address === undefined) break;
    found = address;
    if (!trusted.has(address)) break;
  }
  return found;
}

/** `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`; undefined when it is no address. */
function withoutPort(node: string): string | undefined {
  const bracketed = /^\[([^\]]+)\](?::[0-9]+)?$/.exec(node)?.[1];
  const plain = plainAddress(bracketed ?? node);
  if (isIPv4(plain) || isIPv6(plain)) return plain;
  const before = node.slice(0, Math.max(0, node.indexOf(':')));
  return isIPv4(before) ? before : undefined;
}

function last(list: string | undefined): string | undefined {
  const value = list?.slice(list.lastIndexOf(',') + 1).trim();
  return value === '' ? undefined : value;
}

/** The client of a request that is not on any socket: as `findClient` says, by the lines of its head. */
export function clientOf(
  head: {
    readonly peer: string;
    readonly scheme: 'http' | 'https';
    readonly headers: readonly (readonly [name: string, value: string])[];
  },
  trustedProxies: readonly string[],
): Client {
  const lines = new HeaderList(head.headers.flatMap(([name, value]) => [name.toLowerCase(), value]));
  return findClient(head, lines, new AddressSet(trustedProxies));
}
