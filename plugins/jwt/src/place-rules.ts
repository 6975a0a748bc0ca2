import { isToken, problem } from '@postern/kit';
import type { Finding } from '@postern/kit';
import type { JwtConfig } from './config.ts';
import type { Place } from './places.ts';

type Written = NonNullable<JwtConfig['from']>[number];

const DEFAULT_PLACES: readonly Place[] = [{ kind: 'header', name: 'authorization', scheme: 'bearer' }];

/** Reads `from`. */
export function toPlaces(written: JwtConfig['from'], problems: Finding[]): readonly Place[] {
  if (written === undefined) return DEFAULT_PLACES;
  return written.flatMap((one, at) => {
    const { place, said } = toPlace(one);
    if (said !== undefined) problems.push(problem({ code: 'jwt/place', path: ['from', at], ...said }));
    return place === undefined ? [] : [place];
  });
}

interface ReadPlace {
  readonly place?: Place;
  readonly said?: Pick<Finding, 'message' | 'fix'>;
}

function toPlace({ header, scheme, query, cookie }: Written): ReadPlace {
  if ([header, query, cookie].filter((named) => named !== undefined).length !== 1)
    return {
      said: {
        message: 'a place is one of header, query and cookie',
        fix: 'say one of them, and a list entry for each place',
      },
    };
  if (header !== undefined) {
    const name = header.toLowerCase();
    const word = (scheme ?? (name === 'authorization' ? 'Bearer' : '')).toLowerCase();
    if (isToken(name) && (word === '' || isToken(word))) return { place: { kind: 'header', name, scheme: word } };
    return {
      said: {
        message: `${JSON.stringify(isToken(name) ? scheme : header)} cannot stand in a header`,
        fix: 'use letters, digits and hyphens',
      },
    };
  }
  if (scheme !== undefined)
    return { said: { message: 'scheme is for a header, and this is none', fix: 'take scheme out' } };
  if (query !== undefined) return { place: { kind: 'query', name: query } };
  if (cookie !== undefined && isToken(cookie)) return { place: { kind: 'cookie', name: cookie } };
  return {
    said: { message: `${JSON.stringify(cookie)} is no name of a cookie`, fix: 'use letters, digits and hyphens' },
  };
}
