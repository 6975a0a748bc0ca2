import { cookieValues, queryValues, withoutCookie, withoutParameter } from '@postern/kit';
import type { Exchange } from '@postern/kit';

/** Where a client may show its key. */
export type PlaceName = 'header' | 'query' | 'cookie';

/** One of these places, for one name. */
export interface Place {
  /** The values that stand there; none without the name. Empty ones are no keys, and are left out. */
  values(exchange: Exchange): readonly string[];
  /** Takes the name and its values out of what goes upstream, all else as it came. */
  hide(exchange: Exchange): void;
}

const NONE: readonly string[] = [];

/** Makes the place for a name. Header names in any case, the others as they are written. */
export function placeOf(place: PlaceName, name: string): Place {
  switch (place) {
    case 'header':
      return headerPlace(name.toLowerCase());
    case 'query':
      return queryPlace(name);
    case 'cookie':
      return cookiePlace(name);
    default:
      return place satisfies never;
  }
}

function headerPlace(name: string): Place {
  return {
    values(exchange) {
      const text = exchange.request.headers.get(name);
      if (text === undefined || text === '') return NONE;
      // Several lines of one name read as one, joined so.
      return text.includes(', ') ? text.split(', ').filter((value) => value !== '') : [text];
    },
    hide(exchange) {
      const sent = exchange.request.headers.get(name);
      if (sent === undefined) return;
      const { outgoing } = exchange;
      // What a policy has set for the upstream instead is not the client's key.
      if (outgoing.get(name) === sent) outgoing.remove(name);
    },
  };
}

function queryPlace(name: string): Place {
  return {
    values({ request: { query } }) {
      return query === '' ? NONE : queryValues(query, name);
    },
    hide(exchange) {
      const { query } = exchange.target;
      const rest = query === '' ? query : withoutParameter(query, name);
      // Parts of a query that the gate let in are one that it lets in.
      if (rest !== query) exchange.rewrite({ query: rest });
    },
  };
}

function cookiePlace(name: string): Place {
  return {
    values({ request }) {
      const text = request.headers.get('cookie');
      return text === undefined ? NONE : cookieValues(text, name);
    },
    hide(exchange) {
      if (exchange.request.headers.get('cookie')?.includes(name) !== true) return;
      const { outgoing } = exchange;
      const text = outgoing.get('cookie') ?? '';
      const rest = withoutCookie(text, name);
      if (rest === '' && text !== '') outgoing.remove('cookie');
      else if (rest !== text) outgoing.set('cookie', rest);
    },
  };
}
