import { LRUCache } from 'lru-cache';
import type { RE2JS } from 're2js';
import { LONGEST_ORIGIN, parseOrigin } from './origin.ts';
import type { Origin } from './origin.ts';
import type { Pattern } from './reading.ts';

/** Answers of regular expressions that one policy keeps; with `LONGEST_ORIGIN` well below a megabyte. */
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
 * then regular expressions, whose answers are kept. Only the first of these sees other schemes than http and https.
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
  const regexMatches = regexes.length === 0 ? undefined : toRegexMatcher(regexes);
  const onlyExact = anyPort.size === 0 && endings.size === 0 && regexMatches === undefined;

  return {
    matches: function originMatches(origin: string): boolean {
      if (origin.length > LONGEST_ORIGIN) return false;
      if (exact.has(origin)) return true;
      if (onlyExact) return false;
      const parsed = parseOrigin(origin);
      if (parsed === undefined) return false;
      if (anyPort.size > 0 && anyPort.has(`${parsed.scheme}://${parsed.host}`)) return true;
      if (endings.size > 0 && hasEnding(endings, parsed)) return true;
      return regexMatches !== undefined && regexMatches(origin);
    },
  };
}

/** Looks the host up by what follows each of its dots: whole labels, never inside one, never the host itself. */
function hasEnding(endings: ReadonlyMap<string, readonly Ending[]>, origin: Origin): boolean {
  if (fits(endings.get(''), origin)) return true;
  for (let dot = origin.host.indexOf('.'); dot >= 0; dot = origin.host.indexOf('.', dot + 1)) {
    if (fits(endings.get(origin.host.slice(dot + 1)), origin)) return true;
  }
  return false;
}

function fits(endings: readonly Ending[] | undefined, origin: Origin): boolean {
  if (endings === undefined) return false;
  for (const { scheme, port } of endings) {
    if (scheme === origin.scheme && (port === '*' || port === origin.port)) return true;
  }
  return false;
}

function toRegexMatcher(regexes: readonly RE2JS[]): (origin: string) => boolean {
  const kept = new LRUCache<string, boolean>({ max: KEPT_ANSWERS });
  return function regexMatches(origin: string): boolean {
    const known = kept.get(origin);
    if (known !== undefined) return known;
    let found = false;
    for (const regex of regexes) {
      if (!regex.testExact(origin)) continue;
      found = true;
      break;
    }
    kept.set(origin, found);
    return found;
  };
}
