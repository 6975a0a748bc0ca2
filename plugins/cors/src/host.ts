const HOST_LENGTH = 253; // RFC 1035 section 2.3.4, as text
const LABEL_LENGTH = 63;
const NUMBER = /^(?:[0-9]+|0x[0-9a-f]*)$/;
const IPV4 = /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/;
const IPV6_CHARS = /^\[[0-9a-f:.]{2,45}\]$/;
const PORT = /^[1-9][0-9]{0,4}$/;

/**
 * Whether the text is a host as browsers serialise it: lower-case labels, dotted IPv4, or IPv6 in brackets in its one
 * short form. Narrower than the URL standard, which lets `,`, `!` or `(` into names: no public name has them, and
 * matchers have been fooled with them.
 */
export function isHost(host: string): boolean {
  return host.startsWith('[') ? isIpv6(host) : isIpv4(host) || isName(host);
}

/** Whether the text is `a.b.c.d` as browsers serialise it. */
export function isIpv4(host: string): boolean {
  return IPV4.test(host);
}

/** Whether the last label is a number: then the URL standard takes the whole host for an IPv4 address or fails. */
export function endsInNumber(host: string): boolean {
  return NUMBER.test(host.slice(host.lastIndexOf('.') + 1));
}

/** Whether the text is a port from 1 to 65535 without leading zeros. */
export function isPort(port: string): boolean {
  return PORT.test(port) && Number(port) <= 65_535;
}

/** The port that a serialised origin of this scheme never spells out. */
export function defaultPort(scheme: string): string {
  return scheme === 'https' ? '443' : scheme === 'http' ? '80' : '';
}

/** The one short form of an IPv6 literal (RFC 5952), brackets included; undefined when it is none. */
export function toIpv6(host: string): string | undefined {
  const url = IPV6_CHARS.test(host) ? URL.parse(`http://${host}`) : null;
  return url?.hostname;
}

function isIpv6(host: string): boolean {
  return toIpv6(host) === host;
}

function isName(host: string): boolean {
  const name = host.endsWith('.') ? host.slice(0, -1) : host; // `example.com.` is an origin of its own
  if (name.length === 0 || name.length > HOST_LENGTH || endsInNumber(name)) return false;
  let label = 0;
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    if (code === 0x2e) {
      if (label === 0) return false;
      label = 0;
    } else if (!isNameCode(code) || ++label > LABEL_LENGTH) return false;
  }
  return label > 0;
}

/** Lower-case letters, digits, `-`, and `_`, which real sub-domains have though RFC 952 does not. */
function isNameCode(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x5f;
}
