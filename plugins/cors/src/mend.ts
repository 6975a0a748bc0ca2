import { isHost, isIpv4, isPort, toIpv6 } from './host.ts';
import { splitPort } from './origin.ts';

const REGEX_SIGNS = /[\\^$()|[\]+{}]/;

/** Says what an entry without a scheme was probably meant to be. */
export function guessOrigin(entry: string): string {
  if (entry.startsWith('/') && entry.endsWith('/') && entry.length > 2) return `did you mean "~${entry.slice(1, -1)}"?`;
  const authority = entry
    .replace(/^\/+/, '')
    .replace(/[/?#].*$/, '')
    .toLowerCase();
  const [host, port] = splitPort(authority);
  const bare = host.startsWith('*.') ? host.slice(2) : host;
  if (!isHost(bare) || (port !== undefined && port !== '*' && !isPort(port))) {
    return REGEX_SIGNS.test(entry)
      ? `for a regular expression write "~${entry}"`
      : 'write scheme://host or scheme://host:port';
  }
  // A single word such as `nulll` or `all` is more likely a slip than a host of an intranet.
  if (!authority.includes('.') && port === undefined && bare !== 'localhost')
    return 'write scheme://host or scheme://host:port';
  const local = bare === 'localhost' || bare.endsWith('.localhost') || isIpv4(bare) || bare.startsWith('[');
  return local
    ? `did you mean "http://${authority}" or "https://${authority}"?`
    : `did you mean "https://${authority}"? Or "http://${authority}" for plain http`;
}

/** Says what an entry with a path, query, fragment or user was probably meant to be. */
export function mendPath(scheme: string, rest: string): string {
  if (/\\[.dwsb]/.test(rest)) return `for a regular expression write "~${scheme}://${rest}"`;
  const authority = rest
    .replace(/[/?#\\].*$/, '')
    .replace(/^.*@/, '')
    .toLowerCase();
  const [host] = splitPort(authority);
  const fits = host !== '' && (isHost(host) || host.startsWith('*.'));
  return fits
    ? `did you mean "${scheme}://${authority}"? An origin is scheme, host and port only`
    : 'write scheme://host or scheme://host:port';
}

/** Says what an entry with an impossible host was probably meant to be. */
export function mendHost(scheme: string, host: string): string {
  if (/[^\x20-\x7e]/.test(host)) {
    const ascii = URL.parse(`${scheme}://${host}`)?.hostname;
    return ascii === undefined
      ? 'write the host as browsers send it, in ASCII'
      : `browsers send "${scheme}://${ascii}": write that`;
  }
  if (host.startsWith('[') || toIpv6(`[${host}]`) !== undefined)
    return 'write an IPv6 address in brackets, as in http://[::1]:8080';
  if (REGEX_SIGNS.test(host)) return `for a regular expression start the entry with "~", as in "~${scheme}://..."`;
  return 'write a host name of letters, digits, hyphens and dots, or an IP address';
}

/** Says what an entry with a misplaced wildcard was probably meant to be. */
export function mendWildcard(scheme: string, host: string): string {
  const suffix = host.replace(/^\*+\.?/, '');
  if (isIpv4(suffix)) return 'an IP address has no sub-domains: name each address';
  if (!suffix.includes('*') && suffix.includes('.') && isHost(suffix)) return `did you mean "${scheme}://*.${suffix}"?`;
  return `"*." stands in front of a host and for whole labels only; for anything else write a regular expression, as in "~${scheme}://..."`;
}
