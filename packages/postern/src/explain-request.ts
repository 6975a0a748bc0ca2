import { isIP } from 'node:net';
import type { RehearsedHead } from '@postern/engine';
import type { HttpProtocol } from '@postern/model';

/** The request of an `explain`, before it is known which listener takes it. */
export interface ExplainedRequest extends Omit<RehearsedHead, 'listener'> {
  readonly port: number;
  readonly body: Uint8Array;
}

/** What stands on the command line beside the document. */
export interface ExplainOptions {
  readonly header: readonly string[];
  readonly data?: string;
  readonly from: string;
  readonly http: string;
  readonly json: boolean;
}

const PROTOCOLS: ReadonlyMap<string, HttpProtocol> = new Map([
  ['1.0', 'HTTP/1.0'],
  ['1.1', 'HTTP/1.1'],
  ['2', 'HTTP/2'],
]);

/**
 * Reads the request of a command line. Throws `RangeError` with what is wrong. The URL is taken apart by hand: a URL parser
 * would mend what a gateway has to refuse, such as `/../`.
 */
export function explainedRequest(method: string, url: string, options: ExplainOptions): ExplainedRequest {
  const [, scheme, authority = '', target = ''] = /^(https?):\/\/([^/?#]+)(.*)$/i.exec(url) ?? [];
  if (scheme === undefined) {
    const isMethod = /^[A-Z]+$/.test(url);
    throw new RangeError(
      isMethod
        ? `${url} looks like a method: name its URL too, as in ${url} http://host/path`
        : `${url} is no URL: write http://host/path`,
    );
  }
  const protocol = PROTOCOLS.get(options.http);
  if (protocol === undefined) throw new RangeError(`${options.http} is no version of HTTP: write 1.0, 1.1 or 2`);
  if (isIP(options.from) === 0) throw new RangeError(`${options.from} is no IP address`);
  const secure = scheme.toLowerCase() === 'https';
  const headers = options.header.map(headerOf);
  const named = (name: string): boolean => headers.some(([found]) => found.toLowerCase() === name);
  if (!named('host')) headers.unshift(['host', authority]);
  const body = new TextEncoder().encode(options.data ?? '');
  if (body.length > 0 && !named('content-length')) headers.push(['content-length', String(body.length)]);
  const port = /:(\d+)$/.exec(authority)?.[1];
  return {
    method,
    target: target.startsWith('/') ? target : `/${target}`,
    headers,
    protocol,
    scheme: secure ? 'https' : 'http',
    peer: options.from,
    port: port === undefined ? (secure ? 443 : 80) : Number(port),
    body,
  };
}

function headerOf(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  if (colon < 1) throw new RangeError(`${line} is no header: write 'Name: value'`);
  return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
}
