import { HeaderList } from '@postern/model';
import { nominated } from './hop-by-hop.ts';
import type { Client } from './client.ts';

/** What of a request goes into the header lines for the upstream. */
interface Sent {
  readonly headers: HeaderList;
  /** Where in the pairs of the headers the lines stand that end at this gateway. */
  readonly ending: readonly number[];
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
  const kept = new HeaderList(withoutLines(request.headers.pairs, request.ending));
  const named = request.ending.length === 0 ? undefined : nominated(request.headers.get('connection'));
  if (named !== undefined) for (const name of named) kept.remove(name);
  const { client, peer, host, scheme } = request;
  kept.pairs.push(
    'x-forwarded-for',
    client.forwardedFor === undefined ? peer : `${client.forwardedFor}, ${peer}`,
    'x-forwarded-host',
    host,
    'x-forwarded-proto',
    scheme,
    'forwarded',
    `for=${node(client.address)};host="${host}";proto=${scheme}`,
  );
  return kept;
}

/** The pairs without those that begin at these places. */
function withoutLines(pairs: readonly string[], places: readonly number[]): string[] {
  const kept = pairs.slice(0, places[0] ?? pairs.length);
  for (let place = 0; place < places.length; place += 1) {
    const end = places[place + 1] ?? pairs.length;
    for (let at = (places[place] ?? end) + 2; at < end; at += 1) kept.push(pairs[at] ?? '');
  }
  return kept;
}

/** An address as RFC 7239 section 6 spells it: IPv6 in brackets and quotes. */
function node(address: string): string {
  return address.includes(':') ? `"[${address}]"` : address;
}
