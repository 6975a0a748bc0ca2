import { LRUCache } from 'lru-cache';
import type { RE2JS } from 're2js';
import { LONGEST_ORIGIN, parseOrigin } from './origin.ts';
import type { Origin } from './origin.ts';
import type { Pattern } from './reading.ts';

/** Answers on origins that one policy keeps; with `LONGEST_ORIGIN` well below a megabyte. */
const KEPT_ANSWERS = 1000;

/** Says whether a received origin is one of those that a list names. */
export interface OriginMatcher {
  matches(origin: string): boolean;
}

/** Scheme and port that go with a wildcard's suffix. */
interface Ending {
  readonly scheme: string;
  readonly port: string;
}

/** Takes every well-formed http or https origin: for `anyOriginWithCredentials: reflect`. */
export const everyWebOrigin: OriginMatcher = Object.freeze({
  matches: function everyWebOriginMatches(origin: string): boolean {
    return parseOrigin(origin) !== undefined;
  },
});

/**
 * Makes a matcher of patterns. The cheapest questions come first: a set of whole texts, then suffixes of whole labels,
 * then regular expressions; all but the first keep their answers. Only the first of these sees other schemes than http and https.
 */
export function toMatcher(patterns: readonly Pattern[]): OriginMatcher {
  const exact = new Set<string>();
  const anyPort = new Set<string>();
  const endings = new Map<string, Ending[]>();
  const regexes: RE2JS[] = [];
  for (const pattern of patterns) {
    if (pattern.kind === 'exact') exact.add(pattern.origin);
    else if (pattern.kind === 'any-port') anyPort.add(pattern.base);
    else if (pattern.kind === 'regex') regexes.push(pattern.regex);
    else if (pattern.kind === 'wildcard') {
      const { suffix, scheme, port } = pattern;
      const known = endings.get(suffix);
      if (known === undefined) endings.set(suffix, [{ scheme, port }]);
      else known.push({ scheme, port });
    }
  }
  const onlyExact = anyPort.size === 0 && endings.size === 0 && regexes.length === 0;

  function fitsPattern(origin: string): boolean {
    const parsed = parseOrigin(origin);
    if (parsed === undefined) return false;
    if (anyPort.size > 0 && anyPort.has(`${parsed.scheme}://${parsed.host}`)) return true;
    if (endings.size > 0 && hasEnding(endings, parsed)) return true;
    return regexes.some((regex) => regex.testExact(origin));
  }
  const fits = keepAnswers(fitsPattern);

  return {
    matches: function originMatches(origin: string): boolean {
      if (origin.length > LONGEST_ORIGIN) return false;
      return exact.has(origin) || (!onlyExact && fits(origin));
    },
  };
}

/** Pages ask many times from one origin: the answer on the last one is at hand, and those on the last thousand are kept. */
function keepAnswers(fitsPattern: (origin: string) => boolean): (origin: string) => boolean {
  const kept = new LRUCache<string, boolean>({ max: KEPT_ANSWERS });
  let last = '';
  let answer = false;
  return function keptAnswer(origin: string): boolean {
    if (origin === last) return answer;
    let found = kept.get(origin);
    if (found === undefined) kept.set(origin, (found = fitsPattern(origin)));
    last = origin;
    answer = found;
    return found;
  };
}

/** Looks the host up by what follows each of its dots: whole labels, never inside one, never the host itself. */
function hasEnding(endings: ReadonlyMap<string, readonly Ending[]>, origin: Origin): boolean {
  if (fitsEnding(endings.get(''), origin)) return true;
  for (let dot = origin.host.indexOf('.'); dot >= 0; dot = origin.host.indexOf('.', dot + 1)) {
    if (fitsEnding(endings.get(origin.host.slice(dot + 1)), origin)) return true;
  }
  return false;
}

function fitsEnding(endings: readonly Ending[] | undefined, origin: Origin): boolean {
  if (endings === undefined) return false;
  for (const { scheme, port } of endings) {
    if (scheme === origin.scheme && (port === '*' || port === origin.port)) return true;
  }
  return false;
}
