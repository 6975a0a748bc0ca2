/** A host that a request may name. */
export interface HostName {
  /** Lower-case `host` or `host:port`, one trailing dot of the name removed. */
  readonly host: string;
  readonly hostname: string;
}

/** reg-name, IPv4 or bracketed IPv6, and an optional port (RFC 3986 section 3.2), without user information. */
const HOST = /^(?:[a-z0-9._~!$&'()*+,;=-]+|\[[0-9a-f:.]+\])(?::[0-9]{0,5})?$/;

/** Clients name a few hosts over and over. Names above this length, and more names than this, are read again each time. */
const LONGEST_KEPT = 128;
const MOST_KEPT = 500;

const kept = new Map<string, HostName>();
/** The last one asked for: comparing a text costs less than hashing it, and most gateways have one host. */
let last: { readonly raw: string; readonly read: HostName } | undefined;

/** Reads a `Host` field or an authority; undefined when it is no host. Pure: what is kept is only the answer. */
export function normalHost(raw: string): HostName | undefined {
  if (last?.raw === raw) return last.read;
  const read = kept.get(raw) ?? readHost(raw.toLowerCase());
  if (read === undefined || raw.length > LONGEST_KEPT) return read;
  // A client that names ever new hosts makes the others be read again, and costs no memory.
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(raw, read);
  last = { raw, read };
  return read;
}

function readHost(lower: string): HostName | undefined {
  if (!HOST.test(lower)) return undefined;
  const port = lower.endsWith(']') ? -1 : lower.lastIndexOf(':');
  const name = port === -1 ? lower : lower.slice(0, port);
  const hostname = name.endsWith('.') ? name.slice(0, -1) : name;
  if (hostname === '' || hostname.endsWith('.')) return undefined;
  if (port !== -1 && Number(lower.slice(port + 1)) > 65_535) return undefined;
  const host = port === -1 || port === lower.length - 1 ? hostname : hostname + lower.slice(port);
  return Object.freeze({ host, hostname });
}
