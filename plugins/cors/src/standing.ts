import type { Exchange } from '@postern/kit';
import type { AllowedOrigins } from './origins.ts';
import { isSameOrigin } from './origin.ts';
import type { Rules } from './rules.ts';

/** How a request stands under the rules of its policy. */
export type Standing =
  /** No `Origin`, or an empty one: not a cross-origin request. */
  | 'no-origin'
  /** The request's own origin, and not listed: nothing to grant, nothing to refuse. */
  | 'same-origin'
  | 'granted'
  | 'denied'
  | 'wrong-protocol'
  | 'rejected';

/**
 * Decides how a request stands. Pure. The origin lists come before the comparison with the request's own origin, so that
 * a listed origin gets the same headers on every host and only the others pay for the comparison.
 */
export function standingOf(request: Exchange['request'], rules: Rules): Standing {
  const origin = request.headers.get('origin');
  if (origin === undefined || origin === '') return 'no-origin';
  if (rules.rejectAll) return isSameOrigin(origin, request) ? 'same-origin' : 'rejected';
  if (rules.protocols !== undefined && !rules.protocols.has(request.protocol)) {
    return isSameOrigin(origin, request) ? 'same-origin' : 'wrong-protocol';
  }
  if (allows(rules.origins, origin) || (rules.nullOrigin && origin === 'null')) return 'granted';
  return isSameOrigin(origin, request) ? 'same-origin' : 'denied';
}

/** Whether a list takes an origin. All means all: also a malformed one, because the answer is the same `*` for everybody. */
export function allows(origins: AllowedOrigins, origin: string): boolean {
  return origins.kind === 'all' || origins.matcher.matches(origin);
}

/** The value of `Access-Control-Allow-Origin` for a granted origin: the received bytes, or `*`, but never the word null. */
export function grantedOrigin(origin: string, rules: Rules): string {
  return rules.origins.kind === 'all' || origin === 'null' ? '*' : origin;
}

/** What the slot of an exchange holds once its preflight is answered: the answer is complete. */
export const ANSWERED = 'preflight-answered';

/**
 * Reads the standing that an earlier step left in this policy's slot. Undefined when none ran, which is so for answers
 * that were made before this policy's turn.
 */
export function keptStanding(own: unknown): Standing | undefined {
  switch (own) {
    case 'no-origin':
    case 'same-origin':
    case 'granted':
    case 'denied':
    case 'wrong-protocol':
    case 'rejected':
      return own;
    default:
      return undefined;
  }
}
