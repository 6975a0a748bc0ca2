import type { Rules } from './rules.ts';
import { isToken } from './token.ts';

/** Whether a cross-origin request may use this method. Case-sensitive (RFC 9110 section 9.1). */
export function allowsMethod(rules: Rules, method: string): boolean {
  if (rules.methodSet.has(method)) return true;
  // `*` is itself a token; echoed beside credentials it would be the wildcard that must not leave.
  return rules.methods.all && isToken(method) && method !== '*';
}

/** Whether a cross-origin request may carry all these headers. Undefined: what was asked for could not be read. */
export function allowsHeaders(rules: Rules, names: readonly string[] | undefined): boolean {
  return names !== undefined && names.every((name) => allowsHeader(rules, name.toLowerCase()));
}

function allowsHeader(rules: Rules, name: string): boolean {
  if (rules.headerSet.has(name)) return true;
  // Fetch, "CORS non-wildcard request-header name": `*` covers all but authorization, and is echoed beside credentials.
  return rules.headers.all && (rules.credentials ? name !== '*' : name !== 'authorization');
}
