import { cookieValues, queryValues, withoutCookie, withoutParameter } from '@postern/kit';
import type { Exchange } from '@postern/kit';

/** A place where a token may be. */
export type Place =
  /** `scheme` in lower case, empty where the whole value is the token. */
  | { readonly kind: 'header'; readonly name: string; readonly scheme: string }
  | { readonly kind: 'query' | 'cookie'; readonly name: string };

/** What a request shows: one token, none, or several that differ. */
export type Shown = string | undefined | typeof SEVERAL;

/** Stands for tokens that differ: which of them an upstream would read nobody knows. */
export const SEVERAL = Symbol('several tokens');

/** Looks for the token in all places, as each of them may be the one that an upstream reads. */
export function findToken(request: Exchange['request'], places: readonly Place[]): Shown {
  let found: string | undefined;
  for (const place of places) {
    for (const token of tokensAt(request, place)) {
      if (found !== undefined && token !== found) return SEVERAL;
      found = token;
    }
  }
  return found;
}

/** Takes the token out of what goes upstream, and leaves all else where it is. */
export function hideToken(exchange: Exchange, places: readonly Place[]): void {
  const { request, outgoing } = exchange;
  for (const place of places) {
    if (tokensAt(request, place).length === 0) continue;
    if (place.kind === 'header') outgoing.remove(place.name);
    else if (place.kind === 'query') exchange.rewrite({ query: withoutParameter(exchange.target.query, place.name) });
    else {
      const left = withoutCookie(outgoing.get('cookie') ?? '', place.name);
      if (left === '') outgoing.remove('cookie');
      else outgoing.set('cookie', left);
    }
  }
}

const NONE: readonly string[] = Object.freeze([]);

function tokensAt({ headers, query }: Exchange['request'], place: Place): readonly string[] {
  if (place.kind === 'header') {
    const token = fromHeader(headers.get(place.name), place.scheme);
    return token === undefined ? NONE : [token];
  }
  if (place.kind === 'query') return query === '' ? NONE : queryValues(query, place.name);
  const cookies = headers.get('cookie');
  return cookies === undefined ? NONE : cookieValues(cookies, place.name);
}

/** The scheme is case-insensitive, and one or more spaces follow it (RFC 9110 section 11.4). Another scheme is no token. */
function fromHeader(value: string | undefined, scheme: string): string | undefined {
  if (value === undefined) return undefined;
  const { length } = scheme;
  if (length > 0 && (value.charCodeAt(length) !== SPACE || value.slice(0, length).toLowerCase() !== scheme))
    return undefined;
  const token = value.slice(length).trim();
  return token === '' ? undefined : token;
}

const SPACE = 0x20;
