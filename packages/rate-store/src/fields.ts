import type { BudgetTerms, Taken } from '@postern/kit';

/** What the fields of one policy are made of: all but the figures is put together once. */
export interface RateLimitFields {
  /** Value of `RateLimit-Policy`: what the policy allows. */
  readonly policy: string;
  /** Value of `RateLimit`: what is left, and in how many seconds there is more. */
  limit(taken: Taken, now: number): string;
}

/**
 * The response fields of draft-ietf-httpapi-ratelimit-headers-11: lists of structured fields (RFC 9651), so that several
 * policies and an upstream each add a member. A window that is no whole number of seconds has no place in them. Pure.
 */
export function fieldsFor(policy: string, { limit, window, algorithm, burst = limit }: BudgetTerms): RateLimitFields {
  const seconds = window % 1000 === 0 ? `;w=${window / 1000}` : '';
  // Of a vendor: the draft has no word for it, and says how to call one of one's own.
  const own = algorithm === 'token-bucket' && burst !== limit ? `;postern-burst=${burst}` : '';
  const begins = `"${policy}";r=`;
  // A caller who keeps well below a limit has as much left each time, and so have all others like it.
  const last = { remaining: -1, wait: -1, text: '' };
  return {
    policy: `"${policy}";q=${limit}${seconds}${own}`,
    limit({ remaining, resetAt }, now) {
      const wait = secondsUntil(resetAt, now);
      if (remaining === last.remaining && wait === last.wait) return last.text;
      last.remaining = remaining;
      last.wait = wait;
      return (last.text = `${begins}${remaining};t=${wait}`);
    },
  };
}

/** Whole seconds, rounded up: whoever waits so long does not come too early. */
export function secondsUntil(moment: number, now: number): number {
  return Math.max(0, Math.ceil((moment - now) / 1000));
}
