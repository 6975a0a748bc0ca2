import type { ReadRequest } from './reading.ts';

/** Fields about one hop (RFC 9110 section 7.6.1). */
export const OF_THE_HOP: readonly string[] = [
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
];

/** Fields that end at the gateway, by the design. */
const ENDS = new Set([
  ...OF_THE_HOP,
  'host',
  'expect',
  'content-length',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-real-ip',
  'x-request-id',
  'x-original-url',
  'x-rewrite-url',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
]);
const IDENTITY = new Set(['authorization', 'cookie', 'remote-user']);

/** Whether a name is, to an upstream in the manner of CGI, one that only the gateway may write; or is that one itself. */
export function weighs(name: string): boolean {
  const meant = name.replaceAll('_', '-');
  if (/^x-(?:consumer|postern)-/.test(meant)) return true;
  return name.includes('_') && meant !== 'x-request-id' && (ENDS.has(meant) || IDENTITY.has(meant));
}

/** Cookies that came on several lines go on as one (RFC 9113 section 8.2.3), where the first of them stood. */
function oneCookie(lines: ReadRequest['lines']): ReadRequest['lines'] {
  const cookies = lines.filter(([name]) => name === 'cookie');
  const first = lines.findIndex(([name]) => name === 'cookie');
  if (cookies.length < 2) return lines;
  const joined = ['cookie', cookies.map(([, value]) => value).join('; ')] as const;
  return lines
    .map((line, at) => (at === first ? joined : line))
    .filter((line) => line === joined || line[0] !== 'cookie');
}

/** The lines of a request that an upstream has to get, no more and no less. */
export function fieldsFor({ lines }: ReadRequest): readonly string[] {
  const nominated = lines
    .filter(([name]) => name === 'connection')
    .flatMap(([, value]) => value.split(',').map((option) => option.trim().toLowerCase()));
  return oneCookie(lines)
    .filter(([name]) => !ENDS.has(name) && !weighs(name) && !nominated.includes(name))
    .map(([name, value]) => `${name}: ${value}`);
}
