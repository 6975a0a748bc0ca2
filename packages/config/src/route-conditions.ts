import type { CheckedRoute, Path } from '@postern/model';
import type { Inspection } from './inspection.ts';
import { isJudged, remark, shownAt } from './inspection.ts';
import { quoted } from './quote.ts';
import { suggest } from './suggest.ts';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const WELL_KNOWN = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY']);
/** Others of the IANA registry that are near to one of those. */
const REGISTERED = new Set([
  'ACL',
  'BIND',
  'COPY',
  'LINK',
  'LOCK',
  'MERGE',
  'MOVE',
  'PRI',
  'REPORT',
  'SEARCH',
  'UNLINK',
  'UNLOCK',
]);
// The front door answers or refuses these itself.
const NEVER_ROUTED = new Set(['CONNECT', 'TRACE']);

/** Whether a text can be the name of a header (RFC 9110 section 5.6.2). */
export function isFieldName(text: string): boolean {
  return TOKEN.test(text);
}

/** Checks the methods of a route: tokens, case-sensitive, each once. */
export function checkMethods(inspection: Inspection, methods: readonly string[], path: Path): readonly string[] {
  // Nearly every list there is: a few well-known methods, each once.
  if (methods.length < 9 && methods.every((method, at) => WELL_KNOWN.has(method) && methods.indexOf(method) === at))
    return methods;
  const checked = new Set<string>();
  for (const [position, method] of methods.entries()) {
    if (WELL_KNOWN.has(method)) {
      checked.add(method);
      continue;
    }
    const at = [...path, position];
    if (!isJudged(inspection, at)) continue;
    const shown = shownAt(inspection, at);
    if (!TOKEN.test(method) || method === '*') {
      const fix = method === '*' ? 'remove methods: a route without it takes all' : 'write for example GET';
      remark(inspection, at, { code: 'routes/method', message: `${shown} is not a method`, fix });
      continue;
    }
    if (NEVER_ROUTED.has(method)) {
      const message = `${shown} requests are refused before any route`;
      remark(inspection, at, { severity: 'warning', code: 'routes/method-never-routed', message, fix: 'remove it' });
    } else if (WELL_KNOWN.has(method.toUpperCase())) {
      const message = `${shown} is not ${method.toUpperCase()}: methods are case-sensitive`;
      remark(inspection, at, {
        severity: 'warning',
        code: 'routes/method-case',
        message,
        fix: `write ${method.toUpperCase()}`,
      });
    } else if (!REGISTERED.has(method) && suggest(method, WELL_KNOWN) !== undefined) {
      const message = `${shown} is a method that nobody registered`;
      const fix = `did you mean ${suggest(method, WELL_KNOWN)}?`;
      remark(inspection, at, { severity: 'warning', code: 'routes/method-unknown', message, fix });
    }
    checked.add(method);
  }
  return [...checked];
}

/** Checks the header conditions of a route: field names, lower-cased, with values that a request can have. */
export function checkConditions(
  inspection: Inspection,
  conditions: Readonly<Record<string, string>> | undefined,
  path: Path,
): CheckedRoute['headers'] {
  if (conditions === undefined) return [];
  const checked = new Map<string, string>();
  for (const [written, value] of Object.entries(conditions)) {
    const at = [...path, written];
    const name = written.toLowerCase();
    if (!TOKEN.test(written)) {
      const message = `${quoted(written)} is not a header name`;
      remark(inspection, at, { code: 'routes/header', message, fix: 'write for example x-beta', atKey: true });
    } else if (checked.has(name)) {
      const message = `${quoted(written)} is here twice: header names are the same in any case`;
      remark(inspection, at, { code: 'routes/header', message, fix: 'keep one of the two', atKey: true });
    } else if (!/^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/.test(value) && isJudged(inspection, at)) {
      const message = `${shownAt(inspection, at)} is a value that no header can have`;
      const fix = 'write visible ASCII characters, without white space around them';
      remark(inspection, at, { code: 'routes/header', message, fix });
    } else checked.set(name, value);
  }
  return [...checked];
}
