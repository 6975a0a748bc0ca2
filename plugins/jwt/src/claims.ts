import type { Claims, Verdict } from '@postern/kit';
import type { Refusals } from './refusals.ts';

/** What a token has to say, beside being signed. */
export interface ClaimRules {
  /** Undefined: any. */
  readonly issuers: ReadonlySet<unknown> | undefined;
  readonly audiences: ReadonlySet<unknown> | undefined;
  readonly required: readonly string[];
}

/** The time in which a token counts, in milliseconds since 1970; the ends are infinite where the token does not say. */
export interface Lifetime {
  readonly from: number;
  readonly until: number;
}

/** Says why claims do not do (RFC 7519 section 4.1), whatever the time is; undefined where they do. */
export function judgeClaims(claims: Claims, rules: ClaimRules, refusals: Refusals): Verdict | undefined {
  for (const name of ['exp', 'nbf', 'iat'])
    if (Object.hasOwn(claims, name) && typeof claims[name] !== 'number') return refusals.notADate;
  for (const name of rules.required)
    if (!Object.hasOwn(claims, name) || claims[name] === null) return refusals.lacks(name);
  if (rules.issuers !== undefined && !rules.issuers.has(claims['iss'])) return refusals.issuer;
  if (rules.audiences !== undefined && !isFor(rules.audiences, claims['aud'])) return refusals.audience;
  return undefined;
}

function isFor(audiences: ReadonlySet<unknown>, said: unknown): boolean {
  return Array.isArray(said) ? said.some((one) => audiences.has(one)) : audiences.has(said);
}

/** When a token counts; `exp` and `nbf` may have fractions of seconds (RFC 7519 section 2: NumericDate). */
export function lifetimeOf({ exp, nbf }: Claims): Lifetime {
  return {
    from: typeof nbf === 'number' ? nbf * 1000 : -Infinity,
    until: typeof exp === 'number' ? exp * 1000 : Infinity,
  };
}
