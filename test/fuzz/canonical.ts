const UNRESERVED = /[A-Za-z0-9._~-]/;

/** A target as the law of the front door has it. Written from RFC 3986 and the design alone: it shares no code with the gateway. */
export interface ReadTarget {
  /** Path and query as every upstream has to get them; undefined where the target has more than one reading. */
  readonly sent: string | undefined;
  readonly path: string;
  /** Of an absolute-form, as it was written. */
  readonly authority: string | undefined;
}

/** Reads origin-form and absolute-form. */
export function readTarget(target: string): ReadTarget {
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/is.exec(target);
  const authority = absolute?.[1];
  let rest = absolute === null ? target : (absolute[2] ?? '');
  if (absolute !== null && !rest.startsWith('/')) rest = `/${rest}`;
  const mark = rest.indexOf('?');
  const raw = mark === -1 ? rest : rest.slice(0, mark);
  const query = mark === -1 ? '' : rest.slice(mark);
  const path = canonicalPath(raw);
  const sent = path === undefined || !/^[\x21\x22\x24-\x7e]*$/.test(query) ? undefined : path + query;
  return { sent, path: path ?? raw, authority };
}

/** The path in its one form; undefined where there is none. Idempotent. */
function canonicalPath(raw: string): string | undefined {
  if (!raw.startsWith('/') || !/^[\x21\x22\x24-\x5b\x5d-\x7e]*$/.test(raw)) return undefined;
  if (/%(?![0-9a-f]{2})/i.test(raw) || /%(?:[01][0-9a-f]|7f|5c)/i.test(raw)) return undefined;
  const path = raw.replace(/%([0-9a-f]{2})/gi, (escape: string, code: string) => {
    const character = String.fromCharCode(Number.parseInt(code, 16));
    return UNRESERVED.test(character) ? character : escape.toUpperCase();
  });
  const [, ...segments] = path.split('/');
  const doubtful = segments.some((segment, at) => {
    const [name = ''] = segment.split(';');
    return name === '.' || name === '..' || (segment === '' && at < segments.length - 1);
  });
  return doubtful ? undefined : path;
}

const HOST = /^(?:[a-z0-9._~!$&'()*+,;=-]+|\[[0-9a-f:.]+\])(?::[0-9]{0,5})?$/i;

/** The host name of a Host field or an authority, in lower case and without its last dot; undefined when it is none. */
export function hostNameOf(raw: string): string | undefined {
  if (!HOST.test(raw)) return undefined;
  const [, name = '', port = ''] = /^(\[[^\]]*\]|[^:]*):?(.*)$/.exec(raw.toLowerCase()) ?? [];
  if (Number(port) > 65_535) return undefined;
  const hostname = name.endsWith('.') ? name.slice(0, -1) : name;
  return hostname === '' || hostname.endsWith('.') ? undefined : hostname;
}
