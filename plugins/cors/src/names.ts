import { quote } from './report.ts';
import type { Place, Report } from './report.ts';
import { isToken } from './token.ts';

/** A list of methods or header names as it was checked: sent as configured, without repetitions. */
export interface NameList {
  readonly all: boolean;
  readonly names: readonly string[];
}

/** Methods that Fetch sends in upper case however a script spells them; of the others `patch` is what people trip over. */
const UPPER_CASE = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']);
const FORBIDDEN_METHODS = new Set(['CONNECT', 'TRACE', 'TRACK']); // Fetch, "forbidden method"
const FORBIDDEN_REQUEST_HEADERS =
  /^(?:proxy-.*|sec-.*|accept-charset|accept-encoding|access-control-request-.*|connection|content-length|cookie2?|date|dnt|expect|host|keep-alive|origin|referer|te|trailer|transfer-encoding|upgrade|via)$/;
const RESPONSE_HEADERS =
  /^(?:access-control-(?:allow|expose|max)-.*|set-cookie2?|vary|etag|location|server|www-authenticate|timing-allow-origin|retry-after)$/;

/** Checks `allowMethods`. Absent means all. */
export function checkMethods(entries: readonly string[] | undefined, report: Report): NameList {
  if (entries === undefined) return { all: true, names: [] };
  const list = checkList(
    entries,
    { key: 'allowMethods', what: 'method', fold: (name) => name, beside: undefined },
    report,
  );
  for (const [at, name] of entries.entries()) {
    const path = ['allowMethods', at];
    const upper = name.toUpperCase();
    if (FORBIDDEN_METHODS.has(upper)) {
      const message = `no browser sends the method ${quote(name)}`;
      report.warning(path, { code: 'cors/method-never-sent', message, fix: 'take it out' });
    } else if (name !== upper && UPPER_CASE.has(upper)) {
      const message = `methods are case-sensitive, and ${quote(name)} is not ${upper}`;
      report.warning(path, { code: 'cors/method-case', message, fix: `did you mean ${upper}?` });
    }
  }
  return list;
}

/** Checks `allowHeaders`. Beside `*` only `authorization` has a meaning: without credentials `*` does not cover it (Fetch). */
export function checkAllowHeaders(entries: readonly string[] | undefined, report: Report): NameList {
  if (entries === undefined) return { all: false, names: [] };
  const list = checkList(
    entries,
    { key: 'allowHeaders', what: 'header name', fold: toLowerCase, beside: 'authorization' },
    report,
  );
  for (const [at, name] of entries.entries()) {
    const path = ['allowHeaders', at];
    if (RESPONSE_HEADERS.test(name.toLowerCase())) {
      const message = `${quote(name)} is a response header, and this list is about request headers`;
      report.warning(path, {
        code: 'cors/response-header-allowed',
        message,
        fix: 'take it out; for response headers see exposeHeaders',
      });
    } else if (FORBIDDEN_REQUEST_HEADERS.test(name.toLowerCase())) {
      const message = `no script can set the request header ${quote(name)}, so no preflight asks for it`;
      report.warning(path, { code: 'cors/header-never-asked', message, fix: 'take it out' });
    }
  }
  return list;
}

/** Checks `exposeHeaders`. */
export function checkExposeHeaders(entries: readonly string[] | undefined, report: Report): NameList {
  if (entries === undefined) return { all: false, names: [] };
  const list = checkList(
    entries,
    { key: 'exposeHeaders', what: 'header name', fold: toLowerCase, beside: undefined },
    report,
  );
  for (const [at, name] of entries.entries()) {
    if (!/^set-cookie2?$/i.test(name)) continue;
    const message = `no browser lets a script read ${quote(name)}`;
    report.warning(['exposeHeaders', at], { code: 'cors/set-cookie-exposed', message, fix: 'take it out' });
  }
  return list;
}

interface ListRules {
  readonly key: string;
  readonly what: string;
  /** Two names with the same fold are one. */
  readonly fold: (name: string) => string;
  /** The one folded name that may stand beside `*`. */
  readonly beside: string | undefined;
}

function checkList(entries: readonly string[], rules: ListRules, report: Report): NameList {
  const names = new Map<string, string>();
  for (const [at, name] of entries.entries()) {
    const folded = rules.fold(name);
    if (!isToken(name)) report.problem([rules.key, at], notToken(name, rules.what));
    else if (name !== '*' && !names.has(folded)) names.set(folded, name);
  }
  const star = entries.indexOf('*');
  const others = [...names.keys()].filter((name) => name !== rules.beside);
  if (star >= 0 && others.length > 0) report.problem([rules.key, star], starBeside(rules, others));
  return { all: star >= 0, names: [...names.values()] };
}

function starBeside(rules: ListRules, others: readonly string[]): { code: string; message: string; fix: string } {
  const message = `"*" stands beside ${quote(others.join(', '))}: it takes all, or the list takes those`;
  const fix =
    rules.beside === undefined
      ? 'keep "*" alone, or take it out'
      : `keep "*" alone or with ${rules.beside}, or take it out`;
  return { code: 'cors/wildcard-beside-names', message, fix };
}

function notToken(name: string, what: string): { code: string; message: string; fix: string } {
  const parts = name.split(/[\s,;]+/).filter((part) => isToken(part));
  const fix =
    parts.length > 1
      ? `write one ${what} per entry: [${parts.join(', ')}]`
      : parts.length === 1
        ? `did you mean "${parts.join('')}"?`
        : 'take it out';
  return {
    code: 'cors/not-a-token',
    message: `${quote(name)} is no ${what}: browsers would refuse the whole preflight`,
    fix,
  };
}

function toLowerCase(name: string): string {
  return name.toLowerCase();
}

/** The place of a whole list, for remarks that are about no single entry. */
export function listPlace(key: string, entries: readonly string[] | undefined): Place {
  const star = entries?.indexOf('*') ?? -1;
  return star < 0 ? [key] : [key, star];
}
