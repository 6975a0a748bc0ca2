import type { CorsConfig } from './config.ts';
import { everyWebOrigin, toMatcher } from './matcher.ts';
import type { OriginMatcher } from './matcher.ts';
import { toPattern } from './pattern.ts';
import type { Pattern } from './reading.ts';
import type { Report } from './report.ts';
import { quote } from './report.ts';

/** Most regular expressions in one origin list: a new origin asks each of them. */
const MOST_REGEXES = 50;

/** Which origins may read: all of them, whoever asks, or those that a matcher takes. */
export type AllowedOrigins = { readonly kind: 'all' } | { readonly kind: 'matched'; readonly matcher: OriginMatcher };

/** Checks `allowOrigins` together with credentials. */
export function checkAllowOrigins(config: CorsConfig, report: Report): AllowedOrigins {
  const entries = config.allowOrigins;
  const patterns = entries === undefined ? [] : readAll('allowOrigins', entries, report);
  const star = entries?.indexOf('*') ?? -1;
  const all = entries === undefined || star >= 0;
  if (entries === undefined && config.rejectAll !== true) warnAbsent(config, report);
  if (!all) {
    warnReflect(config, report);
    warnPlainHttp(config, patterns, report);
    return { kind: 'matched', matcher: toMatcher(patterns) };
  }
  if (config.allowCredentials !== true) {
    warnReflect(config, report);
    return { kind: 'all' };
  }
  if (config.anyOriginWithCredentials !== 'reflect') {
    const found = entries === undefined ? 'absent allowOrigins means all origins, which' : '"*"';
    report.problem(entries === undefined ? ['allowCredentials'] : ['allowOrigins', star], {
      code: 'cors/any-origin-with-credentials',
      message: `${found} cannot be combined with allowCredentials: true`,
      fix: 'name the origins that may send cookies, or set allowCredentials: false',
    });
  }
  return { kind: 'matched', matcher: everyWebOrigin };
}

/** Checks `timingAllowOrigins`; undefined when it is absent. */
export function checkTimingOrigins(config: CorsConfig, report: Report): AllowedOrigins | undefined {
  const entries = config.timingAllowOrigins;
  if (entries === undefined) return undefined;
  const patterns = readAll('timingAllowOrigins', entries, report);
  return entries.includes('*') ? { kind: 'all' } : { kind: 'matched', matcher: toMatcher(patterns) };
}

function readAll(key: string, entries: readonly string[], report: Report): readonly Pattern[] {
  const patterns: Pattern[] = [];
  let regexes = 0;
  if (entries.length === 0) {
    const fix =
      key === 'allowOrigins'
        ? 'name origins, or say rejectAll: true to refuse all of them'
        : 'name origins, or take the key out';
    report.problem([key], { code: 'cors/no-origins', message: 'an empty list of origins allows nobody', fix });
  }
  for (const [at, entry] of entries.entries()) {
    const reading = toPattern(entry);
    if (reading.kind === 'refused') {
      report.problem([key, at], reading.remark);
      continue;
    }
    patterns.push(reading.pattern);
    for (const warning of reading.warnings) report.warning([key, at], warning);
    if (reading.pattern.kind === 'regex') regexes++;
    if (reading.pattern.kind === 'any' && entries.length > 1) {
      const message = '"*" stands beside other origins: it takes all, or the list takes those';
      report.problem([key, at], { code: 'cors/wildcard-beside-names', message, fix: 'keep "*" alone, or take it out' });
    }
  }
  if (regexes > MOST_REGEXES) {
    const message = `${regexes} regular expressions are more than the ${MOST_REGEXES} that one list may have`;
    report.problem([key], {
      code: 'cors/too-many-regexes',
      message,
      fix: 'use exact origins and wildcard hosts, which cost nothing',
    });
  }
  return patterns;
}

function warnAbsent(config: CorsConfig, report: Report): void {
  if (config.allowCredentials === true) return; // an error, or asked for with anyOriginWithCredentials
  report.warning([], {
    code: 'cors/all-origins',
    message: 'allowOrigins is absent, so every web site may read the answers',
    fix: 'name the origins, or write allowOrigins: ["*"] to say that all are meant',
  });
}

function warnReflect(config: CorsConfig, report: Report): void {
  if (config.anyOriginWithCredentials === undefined) return;
  report.warning(['anyOriginWithCredentials'], {
    code: 'cors/reflect-without-effect',
    message: 'anyOriginWithCredentials counts only for all origins together with allowCredentials: true',
    fix: 'take it out',
  });
}

/** With credentials, whoever sits on the network path can be a plain http origin and act as the visitor. */
function warnPlainHttp(config: CorsConfig, patterns: readonly Pattern[], report: Report): void {
  if (config.allowCredentials !== true || patterns.length !== config.allowOrigins?.length) return;
  for (const [at, pattern] of patterns.entries()) {
    const origin =
      pattern.kind === 'exact'
        ? pattern.origin
        : pattern.kind === 'wildcard'
          ? `${pattern.scheme}://${pattern.suffix}`
          : '';
    if (!origin.startsWith('http://') || /^http:\/\/(?:(?:.*\.)?localhost|127\.[0-9.]+|\[::1\])(?::|$)/.test(origin))
      continue;
    report.warning(['allowOrigins', at], {
      code: 'cors/plain-http-with-credentials',
      message: `${quote(config.allowOrigins[at] ?? '')} is plain http: whoever sits on the network path can act as the visitor`,
      fix: 'use https, or set allowCredentials: false',
    });
  }
}
