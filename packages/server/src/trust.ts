import { BlockList, isIPv4, isIPv6 } from 'node:net';
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

/** Who asked, as far as trusted proxies vouch for it. */
export interface Client {
  readonly address: string;
  readonly scheme: 'http' | 'https';
  /** Of a trusted `X-Forwarded-Host`; undefined: the request's own. */
  readonly host: string | undefined;
  /** `X-Forwarded-For` as it came, when a trusted proxy sent it. */
  readonly forwardedFor: string | undefined;
}

/** Finds the client behind trusted proxies: the last address in the list that no trusted proxy has. */
export function findClient(
  connection: { readonly peer: string; readonly scheme: 'http' | 'https' },
  headers: HeaderView,
  trusted: AddressSet,
): Client {
  const peer = plainAddress(connection.peer);
  if (!trusted.has(peer)) return { address: peer, scheme: connection.scheme, host: undefined, forwardedFor: undefined };
  const forwardedFor = headers.get('x-forwarded-for');
  const scheme = last(headers.get('x-forwarded-proto'))?.toLowerCase();
  return {
    address: furthestTrusted(forwardedFor, trusted) ?? peer,
    scheme: scheme === 'https' || scheme === 'http' ? scheme : connection.scheme,
    host: last(headers.get('x-forwarded-host'))?.toLowerCase(),
    forwardedFor,
  };
}

function furthestTrusted(forwardedFor: string | undefined, trusted: AddressSet): string | undefined {
  let found: string | undefined;
  for (const member of (forwardedFor ?? '').split(',').toReversed()) {
    const address = plainAddress(member.trim().replace(/^\[|\]$/g, ''));
    // What is no address was not written by a proxy of ours: believe nothing to its left.
    if (!isIPv4(address) && !isIPv6(address)) break;
    found = address;
    if (!trusted.has(address)) break;
  }
  return found;
}

function last(list: string | undefined): string | undefined {
  const value = list?.slice(list.lastIndexOf(',') + 1).trim();
  return value === '' ? undefined : value;
}
