import { HeaderList } from '@postern/model';
import { isHopByHop, nominated } from './hop-by-hop.ts';
import type { Client } from './client.ts';

/** Fields about the way here: believed from trusted proxies only, rebuilt by us, never passed on as they came. */
const FORWARDED: ReadonlySet<string> = new Set([
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-real-ip',
]);

/** Fields that name what the gateway found out; a client that sends them is lying. */
const RESERVED_PREFIXES = ['x-consumer-', 'x-postern-'];

/** What of a request goes into the header lines for the upstream. */
interface Sent {
  readonly headers: HeaderList;
  readonly host: string;
  readonly scheme: 'http' | 'https';
  /** The connection's peer. */
  readonly peer: string;
  readonly client: Client;
}

/**
 * The header lines an upstream gets before any policy edits them: hop-by-hop fields and those that `Connection` nominates
 * are gone (by the client's words, before ours are added), and so are `Host`, `Expect` and the forwarded family, which is
 * rebuilt (RFC 7239 and its older kin).
 */
export function toOutgoing(request: Sent): HeaderList {
  const { pairs } = request.headers;
  const named = nominated(request.headers.get('connection'));
  const kept: string[] = [];
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const name = pairs[at] ?? '';
    if (isHopByHop(name) || FORWARDED.has(name) || name === 'expect' || named?.has(name) === true) continue;
    if (name.startsWith('x-') && RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix))) continue;
    kept.push(name, pairs[at + 1] ?? '');
  }
  const { client, peer } = request;
  kept.push('x-forwarded-for', client.forwardedFor === undefined ? peer : `${client.forwardedFor}, ${peer}`);
  kept.push('x-forwarded-host', request.host, 'x-forwarded-proto', request.scheme);
  kept.push('forwarded', `for=${node(client.address)};host="${request.host}";proto=${request.scheme}`);
  return new HeaderList(kept);
}

/** An address as RFC 7239 section 6 spells it: IPv6 in brackets and quotes. */
function node(address: string): string {
  return address.includes(':') ? `"[${address}]"` : address;
}
