import { HeaderList } from '@postern/model';

/** Fields that end at this hop (RFC 9110 section 7.6.1), and those that reply-from let through by mistake. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/** True for a field that never crosses the gateway, in either direction. `name` in lower case. */
export function isHopByHop(name: string): boolean {
  return HOP_BY_HOP.has(name);
}

/** Names that a `Connection` field nominates: they end at this hop too. Undefined when there are none. */
export function nominated(connection: string | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined;
  const names = new Set<string>();
  for (const option of connection.split(',')) {
    const name = option.trim().toLowerCase();
    if (name !== '' && name !== 'close') names.add(name);
  }
  return names.size === 0 ? undefined : names;
}

/** The header lines of an upstream's answer that go on to the client. `pairs` in lower case; left as they are. */
export function withoutHopByHop(pairs: readonly string[]): HeaderList {
  const named = nominated(connectionOf(pairs));
  const kept: string[] = [];
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const name = pairs[at] ?? '';
    if (!isHopByHop(name) && named?.has(name) !== true) kept.push(name, pairs[at + 1] ?? '');
  }
  return new HeaderList(kept);
}

function connectionOf(pairs: readonly string[]): string | undefined {
  let found: string | undefined;
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    if (pairs[at] === 'connection') found = found === undefined ? pairs[at + 1] : `${found}, ${pairs[at + 1]}`;
  }
  return found;
}
