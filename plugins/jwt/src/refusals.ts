import { refuse } from '@postern/kit';
import type { Verdict } from '@postern/kit';

/** Every refusal of one policy, made once. */
export interface Refusals {
  readonly missing: Verdict;
  readonly ambiguous: Verdict;
  readonly tooLarge: Verdict;
  readonly invalid: Verdict;
  readonly expired: Verdict;
  readonly notYetValid: Verdict;
  readonly issuer: Verdict;
  readonly audience: Verdict;
  readonly notADate: Verdict;
  readonly noConsumer: Verdict;
  /** For a claim of the config, so that the text is never a client's. */
  lacks(claim: string): Verdict;
  /** `seconds` from now it makes sense to ask again. */
  keysUnavailable(seconds: number): Verdict;
}

/** Makes the refusals of a policy: RFC 6750 section 3, with no error where the request shows no token. */
export function toRefusals(realm: string, requiredClaims: readonly string[]): Refusals {
  const challenge = `Bearer realm="${realm}"`;
  const bad = (code: string, detail: string): Verdict =>
    refuse({
      status: 401,
      code,
      detail,
      headers: ['www-authenticate', `${challenge}, error="invalid_token", error_description="${detail}"`],
    });
  const lacking = new Map(
    requiredClaims.map((claim) => [claim, bad('jwt/claims', `The token lacks a claim: ${plain(claim)}.`)]),
  );
  const ambiguous = 'The request carries more than one token.';
  const invalid = bad('jwt/invalid', 'The token is not valid.');
  return {
    missing: refuse({
      status: 401,
      code: 'jwt/missing',
      detail: 'The request carries no token.',
      headers: ['www-authenticate', challenge],
    }),
    // RFC 6750 section 2: a client must not use more than one way. Two readers might otherwise read two tokens.
    ambiguous: refuse({
      status: 400,
      code: 'jwt/ambiguous',
      detail: ambiguous,
      headers: ['www-authenticate', `${challenge}, error="invalid_request", error_description="${ambiguous}"`],
    }),
    tooLarge: bad('jwt/invalid', 'The token is too large.'),
    invalid,
    expired: bad('jwt/expired', 'The token has expired.'),
    notYetValid: bad('jwt/not-yet-valid', 'The token is not valid yet.'),
    issuer: bad('jwt/claims', 'The token is of another issuer.'),
    audience: bad('jwt/claims', 'The token is for another audience.'),
    notADate: bad('jwt/claims', 'A time in the token is no number.'),
    noConsumer: refuse({
      status: 403,
      code: 'jwt/no-consumer',
      detail: 'The token belongs to no known consumer.',
    }),
    lacks: (claim) => lacking.get(claim) ?? invalid,
    keysUnavailable: (seconds) =>
      refuse({
        status: 503,
        code: 'jwt/keys-unavailable',
        detail: 'The token cannot be checked just now.',
        headers: ['retry-after', String(seconds)],
      }),
  };
}

/** The name of a claim as it may stand in a quoted string (RFC 6750 section 3). */
function plain(claim: string): string {
  return claim.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '?');
}
