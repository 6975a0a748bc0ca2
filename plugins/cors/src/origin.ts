import { defaultPort, isHost, isPort } from './host.ts';

/** Longest origin that any matcher sees. The longest real one has 267 bytes: `https://`, a host of 253, `:65535`. */
export const LONGEST_ORIGIN = 512;

/** A serialised origin taken apart. */
export interface Origin {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  /** Empty for the scheme's default port, which a serialised origin never spells out. */
  readonly port: string;
}

/**
 * Takes a received `Origin` apart; undefined for whatever is not one serialised http or https origin (HTML, "ASCII
 * serialization of an origin"): `null`, two values, a path, upper case, a default port, other schemes. Pure.
 */
export function parseOrigin(text: string): Origin | undefined {
  if (text.length > LONGEST_ORIGIN) return undefined;
  const scheme = text.startsWith('https://') ? 'https' : text.startsWith('http://') ? 'http' : undefined;
  if (scheme === undefined) return undefined;
  const [host, port] = splitPort(text.slice(scheme.length + 3));
  if (!isHost(host)) return undefined;
  if (port === undefined) return { scheme, host, port: '' };
  return isPort(port) && port !== defaultPort(scheme) ? { scheme, host, port } : undefined;
}

/** Splits `host` or `host:port`; colons inside the brackets of an IPv6 literal belong to the host. */
export function splitPort(authority: string): readonly [host: string, port: string | undefined] {
  const bracket = authority.lastIndexOf(']');
  if (bracket < 0 && authority.startsWith('[')) return [authority, undefined];
  const colon = authority.indexOf(':', Math.max(bracket, 0));
  return colon < 0 ? [authority, undefined] : [authority.slice(0, colon), authority.slice(colon + 1)];
}

/** What of a request tells whether an origin is its own. */
export interface Target {
  readonly scheme: 'http' | 'https';
  readonly host: string;
}

/** Whether the origin is that of the request itself, which browsers send on POST, PUT and DELETE of a page to its own server. */
export function isSameOrigin(origin: string, target: Target): boolean {
  const scheme = `${target.scheme}://`;
  if (!origin.startsWith(scheme)) return false;
  const port = `:${defaultPort(target.scheme)}`;
  return withoutSuffix(origin.slice(scheme.length), port) === withoutSuffix(target.host, port);
}

function withoutSuffix(text: string, suffix: string): string {
  return text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
}
