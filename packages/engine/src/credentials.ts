import { HIDDEN } from '@postern/model';
import type { ShownHeaders } from '@postern/model';

/** Headers that carry credentials whatever the document says; plugins name more (`credentials` of their definition). */
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie']);

/** Header lines as they may be shown and kept: every credential is `(hidden)`. Pure. */
export function hideCredentials(
  headers: Iterable<readonly [name: string, value: string]>,
  more: ReadonlySet<string>,
): ShownHeaders {
  const shown: (readonly [string, string])[] = [];
  for (const [name, value] of headers) shown.push([name, isCredential(name, more) ? HIDDEN : value]);
  return shown;
}

/** Whether a header carries a credential. `name` in lower case. */
export function isCredential(name: string, more: ReadonlySet<string>): boolean {
  return CREDENTIALS.has(name) || more.has(name);
}

/** A query as it may be kept: the names stay, every value is `(hidden)`, for a token in a query looks like any other value. */
export function hideQuery(query: string): string {
  if (query === '') return query;
  return query
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=');
      // A pair without a name may be a token as a whole.
      if (equals === -1) return pair === '' ? pair : HIDDEN;
      return `${pair.slice(0, equals)}=${HIDDEN}`;
    })
    .join('&');
}
