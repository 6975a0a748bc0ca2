import type { Place } from './issue.ts';
import type { Labels } from './policy.ts';

/** What a requirement wants of the policies of a route: every one of the plugins, at least one of them, or none. */
export type RequirementKind = 'all' | 'any' | 'none';

/** An invariant: one entry of `require`, in the live section or in the server section. */
export interface Requirement {
  /** How messages name it: `gateway.require[0]`, or with the name that it was given. */
  readonly title: string;
  /** Groups with all of these labels; undefined: every group. */
  readonly groups: Labels | undefined;
  readonly kind: RequirementKind;
  /** Names of plugins, at least one; each was known when the document was checked. */
  readonly plugins: readonly string[];
  readonly place: Place;
  readonly pointer: string;
}
