import { breadthOf } from './breadth.ts';
import { defaultPort, endsInNumber, isHost, isPort, toIpv6 } from './host.ts';
import { guessOrigin, mendHost, mendPath, mendWildcard } from './mend.ts';
import { LONGEST_ORIGIN, splitPort } from './origin.ts';
import { accept, reject } from './reading.ts';
import type { Pattern, Reading } from './reading.ts';
import { toRegex } from './regex.ts';
import { quote } from './report.ts';
import type { Remark } from './report.ts';

const SCHEME = /^[a-z][a-z0-9+.-]*$/;
const OPAQUE_HOST = /^[A-Za-z0-9._-]+$/;
/** Schemes of documents whose origin browsers always serialise as `null` (HTML, "opaque origin"). */
const OPAQUE_SCHEMES = new Set(['about', 'blob', 'data', 'file', 'javascript']);

/** Reads one entry of an origin list. Pure; never throws. */
export function toPattern(entry: string): Reading {
  if (entry === '*') return accept({ kind: 'any' });
  if (entry.startsWith('~')) return toRegex(entry.slice(1));
  if (entry === '')
    return reject('origin-empty', 'an empty entry matches no origin', 'name an origin, or take the entry out');
  if (entry.length > LONGEST_ORIGIN) {
    return reject(
      'origin-too-long',
      `${quote(entry)} is longer than any origin`,
      `stay within ${LONGEST_ORIGIN} characters`,
    );
  }
  if (entry === 'null') {
    const fix = 'take it out; set allowNullOrigin: true only if any page at all may read the answers';
    return reject('origin-null', '"null" is no origin: any page can send it from a sandboxed frame', fix);
  }
  if (/[\s,]/.test(entry))
    return reject('origin-list', `${quote(entry)} is not one origin`, 'write one origin per entry, without spaces');
  const split = entry.indexOf('://');
  if (split < 0) return reject('origin-without-scheme', `${quote(entry)} has no scheme`, guessOrigin(entry));
  return readParts(entry, split);
}

function readParts(entry: string, split: number): Reading {
  const scheme = entry.slice(0, split).toLowerCase();
  const web = scheme === 'http' || scheme === 'https';
  if (!SCHEME.test(scheme))
    return reject('origin-scheme', `${quote(entry)} has no valid scheme`, guessOrigin(entry.slice(split + 3)));
  if (OPAQUE_SCHEMES.has(scheme)) {
    const fix = 'take it out; pages of this scheme send `Origin: null`, see allowNullOrigin';
    return reject('origin-scheme', `no browser sends ${quote(entry)} as an origin`, fix);
  }
  const sent = entry.slice(split + 3);
  const rest = sent.endsWith('/') ? sent.slice(0, -1) : sent;
  if (/[/?#\\@]/.test(rest))
    return reject('origin-with-path', `${quote(entry)} is more than an origin`, mendPath(scheme, rest));
  const authority = web ? rest.toLowerCase() : rest;
  const [host, port] = splitPort(authority);
  const reading = web ? readWeb({ entry, scheme, host, port }) : readOther({ entry, scheme, host, port });
  if (reading.kind === 'refused') return reading;
  const warnings = [...reading.warnings];
  if (rest !== sent) warnings.push(normalised(entry, 'origins have no trailing slash'));
  if (entry.slice(0, split) !== scheme || authority !== rest)
    warnings.push(normalised(entry, 'origins are lower case'));
  return { ...reading, warnings: warnings.map((warning) => spelled(warning, reading.pattern)) };
}

/** An entry on its way to a pattern: scheme and host in lower case, port as written. */
interface Parts {
  readonly entry: string;
  readonly scheme: string;
  readonly host: string;
  readonly port: string | undefined;
}

function readWeb(parts: Parts): Reading {
  const { entry, scheme, host } = parts;
  const port = parts.port === defaultPort(scheme) ? '' : (parts.port ?? '');
  if (parts.port !== undefined && parts.port !== '*' && !isPort(parts.port)) {
    return reject(
      'origin-port',
      `${quote(entry)} has no valid port`,
      'write a port from 1 to 65535 without leading zeros, `:*` for any, or none',
    );
  }
  const warnings: Remark[] = [];
  if (parts.port !== undefined && port === '')
    warnings.push(normalised(entry, `browsers never spell out the default port of ${scheme}`));
  if (host.includes('*')) return readWildcard({ ...parts, port }, warnings);
  const ipv6 = toIpv6(host);
  const mended = ipv6 ?? host;
  if (!isHost(mended)) return reject('origin-host', `${quote(entry)} has no valid host`, mendHost(scheme, host));
  if (mended !== host) warnings.push(normalised(entry, `browsers shorten IPv6 addresses: ${mended}`));
  const base = `${scheme}://${mended}`;
  if (port === '*') return accept({ kind: 'any-port', base }, warnings);
  return accept({ kind: 'exact', origin: port === '' ? base : `${base}:${port}` }, warnings);
}

function readWildcard(parts: Parts, normalisations: readonly Remark[]): Reading {
  const { entry, scheme, host, port = '' } = parts;
  const suffix = host === '*' ? '' : host.slice(2);
  const fits =
    host === '*' || (host.startsWith('*.') && isHost(suffix) && !endsInNumber(suffix) && !suffix.startsWith('['));
  if (!fits) return reject('origin-wildcard', `${quote(entry)} has no valid wildcard`, mendWildcard(scheme, host));
  const warnings = [...normalisations, ...breadthOf(entry, suffix)];
  // A scheme with `*` for the host takes every origin of that scheme, whatever the port.
  return accept({ kind: 'wildcard', scheme, suffix, port: suffix === '' && port === '' ? '*' : port }, warnings);
}

/** Extension and app origins: browsers serialise them as they are, so only the whole text can be compared. */
function readOther(parts: Parts): Reading {
  const { entry, scheme, host, port } = parts;
  if (host.includes('*') || port === '*') {
    return reject(
      'origin-wildcard',
      `${quote(entry)} has a wildcard`,
      'wildcards are for http and https: name each origin of another scheme',
    );
  }
  if (!OPAQUE_HOST.test(host))
    return reject(
      'origin-host',
      `${quote(entry)} has no valid host`,
      'write it exactly as the browser sends it in `Origin`',
    );
  if (port !== undefined && !isPort(port))
    return reject('origin-port', `${quote(entry)} has no valid port`, 'write a port from 1 to 65535, or none');
  return accept({ kind: 'exact', origin: `${scheme}://${host}${port === undefined ? '' : `:${port}`}` });
}

/** Names the spelling of browsers where there is one. */
function spelled(warning: Remark, pattern: Pattern): Remark {
  if (warning.code !== 'cors/origin-normalised' || pattern.kind !== 'exact') return warning;
  return { ...warning, fix: `write ${quote(pattern.origin)}; until then it is read that way` };
}

function normalised(entry: string, why: string): Remark {
  const message = `${quote(entry)} is not how browsers write it: ${why}`;
  return { code: 'cors/origin-normalised', message, fix: 'write it as browsers do; until then it is read that way' };
}
