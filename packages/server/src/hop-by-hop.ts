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
