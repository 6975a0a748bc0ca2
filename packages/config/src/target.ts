import type { Target } from '@postern/model';
import { parseHost } from './address.ts';
import { canonicalPath } from './path.ts';

/** A target, or why the text is none. */
export type ParsedTarget =
  | { readonly kind: 'target'; readonly target: Target }
  | { readonly kind: 'wrong'; readonly message: string; readonly fix: string };

const EXAMPLE = 'write for example http://127.0.0.1:9000';

/**
 * Takes the URL of a target apart. Own and strict: a URL parser mends what it does not understand, and what it makes of
 * `http://a@b\c` is not for a gateway to guess. Messages show nothing of the text: it may hold a secret. Pure.
 */
export function parseTarget(text: string): ParsedTarget {
  if (/[\s\p{Cc}]/u.test(text)) return wrong('the URL holds white space or a control character', 'take it out');
  if (text.includes('\\')) return wrong('the URL holds a backslash', 'write slashes');
  if (text.startsWith('unix:')) return unixTarget(text.slice(5));
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(text);
  if (scheme === null) {
    return wrong('the URL has no scheme', 'write http:// or https:// in front of it');
  }
  const name = scheme[1]?.toLowerCase();
  if (name !== 'http' && name !== 'https') {
    return wrong('the scheme is not http, https or unix', EXAMPLE);
  }
  const rest = text.slice(scheme[0].length);
  const odd = oddPart(rest);
  if (odd !== undefined) return odd;
  const slash = rest.indexOf('/');
  const authority = slash === -1 ? rest : rest.slice(0, slash);
  const match = /^(\[[^\]]*\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(authority);
  const host = match === null ? undefined : parseHost(match[1] ?? '');
  if (match === null || host === undefined)
    return wrong('the host of the URL is not a host name or an address', EXAMPLE);
  const port = match[2] === undefined ? (name === 'https' ? 443 : 80) : Number(match[2]);
  if (port < 1 || port > 65535) return wrong('the port of the URL is not between 1 and 65535', EXAMPLE);
  const path = slash === -1 ? '' : frontPath(rest.slice(slash));
  if (path === undefined) return wrong('the path of the URL holds empty, dot or badly encoded segments', EXAMPLE);
  return { kind: 'target', target: { kind: 'tcp', scheme: name, host, port, path, socket: '' } };
}

function oddPart(rest: string): ParsedTarget | undefined {
  if (rest.includes('?'))
    return wrong('the URL holds a query', 'take the ? and what follows away: queries come from clients');
  if (rest.includes('#')) return wrong('the URL holds a fragment', 'take the # and what follows away');
  if (!rest.includes('@')) return undefined;
  return wrong('the URL holds credentials', 'take them away; send an Authorization header with the headers plugin');
}

function unixTarget(text: string): ParsedTarget {
  const odd = oddPart(text);
  if (odd !== undefined) return odd;
  const [socket = '', prefix, ...more] = text.replace(/^\/\/(?=\/)/, '').split(':');
  if (!socket.startsWith('/') || socket.length < 2 || more.length > 0) {
    return wrong('the socket has no absolute path', 'write unix:/path/to.sock, or unix:/path/to.sock:/prefix');
  }
  const path = prefix === undefined ? '' : frontPath(prefix);
  if (path === undefined) return wrong('the path behind the socket is not a path', 'write unix:/path/to.sock:/prefix');
  return { kind: 'target', target: { kind: 'unix', scheme: 'http', host: 'localhost', port: 0, path, socket } };
}

/** The path that is put in front of the request's: without a trailing slash, empty for `/`. */
function frontPath(text: string): string | undefined {
  const path = canonicalPath(text);
  if (path.kind === 'wrong') return undefined;
  return path.path.endsWith('/') ? path.path.slice(0, -1) : path.path;
}

function wrong(message: string, fix: string): ParsedTarget {
  return { kind: 'wrong', message, fix };
}
