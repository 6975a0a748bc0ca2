import { MAX_NODES } from './names.ts';

/** One thing that is wrong in the text of a condition. */
export interface Problem {
  /** Offset in the text. */
  readonly at: number;
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

/** What is said of what CEL has and conditions do not take. */
export function notTaken(at: number, what: string, fix: string): Problem {
  return { at, code: 'conditions/not-taken', message: `${what} is not taken in a condition`, fix };
}

/** `claims.realm_access.roles`, `claims.roles[0]`. */
export function claimInside(at: number): Problem {
  const fix = "ask for a member of a list: 'admin' in claims.roles; of a map, have the issuer make claims of their own";
  return notTaken(at, 'a part of a claim', fix);
}

/** Parts of CEL that conditions do not take, by operator, in words. */
export const TAKEN_NOT: ReadonlyMap<string, string> = new Map([
  ['list', 'a list'],
  ['map', 'a map'],
  ['.?', 'optional access'],
  ['[?]', 'optional access'],
]);

/** The expression has more parts than it may have. */
export function tooLarge(at: number): Problem {
  const message = `the condition is too large: ${MAX_NODES} parts are the most, each element of a list counts`;
  return { at, code: 'conditions/too-large', message, fix: 'split the policy in two, or condition on a label' };
}
