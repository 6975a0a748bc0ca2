import { HeaderList } from '@postern/model';
import { nominated } from './hop-by-hop.ts';
import { roomFor } from './room.ts';
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
  const { client, peer, host, scheme, ending } = request;
  const { pairs } = request.headers;
  const kept = roomFor(pairs.length - 2 * ending.length + 8);
  let to = 0;
  let from = 0;
  for (const place of ending) {
    while (from < place) kept[to++] = pairs[from++] ?? '';
    from += 2;
  }
  while (from < pairs.length) kept[to++] = pairs[from++] ?? '';
  kept[to++] = 'x-forwarded-for';
  kept[to++] = client.forwardedFor === undefined ? peer : `${client.forwardedFor}, ${peer}`;
  kept[to++] = 'x-forwarded-host';
  kept[to++] = host;
  kept[to++] = 'x-forwarded-proto';
  kept[to++] = scheme;
  kept[to++] = 'forwarded';
  kept[to++] = `for=${node(client.address)};host="${host}";proto=${scheme}`;
  return new HeaderList(ending.length === 0 ? kept : withoutNominated(kept, request.headers.get('connection')));
}

/** Names that the client nominates are gone; ours, which stand behind its lines, are not for it to name. */
function withoutNominated(lines: string[], connection: string | undefined): string[] {
  const named = nominated(connection);
  if (named === undefined) return lines;
  const ours = lines.length - 8;
  return lines.filter((_, at) => at >= ours || !named.has(lines[at - (at % 2)] ?? ''));
}

/** An address as RFC 7239 section 6 spells it: IPv6 in brackets and quotes. */
function node(address: string): string {
  return address.includes(':') ? `"[${address}]"` : address;
}
