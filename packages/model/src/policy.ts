import type { Condition } from './condition.ts';
import type { Place } from './issue.ts';

/** Free words that group things: `{ team: web, env: prod }`. */
export type Labels = Readonly<Record<string, string>>;

/**
 * What a policy's verdicts count for: `enforce` acts, `shadow` runs, is counted and changes nothing, `off` is as if it were
 * not attached.
 */
export type PolicyMode = 'enforce' | 'shadow' | 'off';

/** What happens to a request whose policy threw or was late: refuse it, or go on as if the policy were absent. */
export type OnError = 'refuse' | 'skip';

/** The level whose list names a policy. */
export type Level = 'gateway' | 'group' | 'route' | 'consumer';

/** A named, labelled use of a plugin with its config, checked against the plugin's schema. */
export interface CheckedPolicy {
  readonly name: string;
  readonly plugin: string;
  readonly labels: Labels;
  readonly mode: PolicyMode;
  readonly locked: boolean;
  readonly when: Condition | undefined;
  readonly onError: OnError;
  /** Milliseconds that one asynchronous step may take before it is late. */
  readonly timeout: number;
  readonly config: unknown;
  readonly place: Place;
  /** Where each value of `config` stands, by JSON pointer relative to it: for issues that the plugin finds later. */
  readonly places: Readonly<Record<string, Place>>;
  /** Where the key of each value stands, in the same way: for issues about the key itself. */
  readonly keyPlaces?: Readonly<Record<string, Place>>;
  /**
   * Values of `config` that came from `${...}`, by JSON pointer relative to it: the text as written, which is what messages
   * may show, and whether it could be resolved here.
   */
  readonly references: Readonly<Record<string, { readonly text: string; readonly resolved: boolean }>>;
  /** JSON pointer of `config` in the document. */
  readonly pointer: string;
  /** Canonical JSON of all that shapes the compiled policy; equal keys mean that an instance can be shared. */
  readonly key: string;
}

/** One entry of a pipeline: which policy, at which level, and where its name stands in a list. */
export interface Attached {
  readonly policy: string;
  readonly level: Level;
  readonly place: Place;
  /** JSON pointer of the list entry. */
  readonly pointer: string;
  readonly mode: Exclude<PolicyMode, 'off'>;
  /** All of them must hold for the policy to run: the policy's own, then the entry's. Without those that always hold here. */
  readonly when: readonly Condition[];
  /** Conditions that hold for every request here: they read names and labels only. */
  readonly always: readonly Condition[];
}

/** Why a policy that some list names, or that is inherited, does not run on a route. */
export type AbsenceReason = 'skipped' | 'displaced' | 'overtaken' | 'off' | 'switched off' | 'never';

/** A policy that does not run where a list would have it, or not for this entry of the list. */
export interface Absent {
  readonly policy: string;
  readonly level: Level;
  /** Where the list names it. */
  readonly place: Place;
  readonly reason: AbsenceReason;
  /** The policy and the place that keep it out; undefined when its own entry does. */
  readonly by: { readonly policy: string | undefined; readonly place: Place } | undefined;
}
