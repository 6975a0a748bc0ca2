import type { CheckedDocument, Decision } from '@postern/model';

/** A policy that some list attaches, and whether a test came to it. */
interface CoveredPolicy {
  readonly policy: string;
  readonly plugin: string;
  readonly file: string;
  readonly line: number;
  readonly covered: boolean;
}

/** A condition of a policy somewhere, and what the tests saw of it. */
interface CoveredCondition {
  readonly policy: string;
  readonly text: string;
  readonly file: string;
  readonly line: number;
  readonly seenTrue: boolean;
  readonly seenFalse: boolean;
}

/** What the tests of a document came to. */
export interface Coverage {
  readonly policies: readonly CoveredPolicy[];
  readonly conditions: readonly CoveredCondition[];
  /** Of policies that ran and sides of conditions that were seen; 100 where there are none. */
  readonly percent: number;
}

/** Counts which policies and which sides of conditions the decisions of the tests came to. Pure. */
export function coverageOf(document: CheckedDocument, decisions: readonly Decision[]): Coverage {
  const ran = new Set<string>();
  const seen = new Set<string>();
  for (const { policy, steps, when } of decisions.flatMap((decision) => decision.policies)) {
    if (steps.length > 0) ran.add(policy);
    for (const { text, holds } of when) if (holds !== null) seen.add(keyOf(policy, text, holds));
  }
  const lists = [document.gateway, ...document.groups.flatMap(({ pipelines }) => pipelines)];
  const attached = new Set(lists.flat().map(({ policy }) => policy));
  const policies = document.policies
    .filter(({ name }) => attached.has(name))
    .map(({ name, plugin, place: { file, line } }) => ({ policy: name, plugin, file, line, covered: ran.has(name) }));
  const conditions = new Map<string, CoveredCondition>();
  for (const { policy, when } of lists.flat()) {
    for (const { text, place } of when) {
      conditions.set(keyOf(policy, text, true), {
        policy,
        text,
        file: place.file,
        line: place.line,
        seenTrue: seen.has(keyOf(policy, text, true)),
        seenFalse: seen.has(keyOf(policy, text, false)),
      });
    }
  }
  const found = [...conditions.values()];
  return { policies, conditions: found, percent: percentOf(policies, found) };
}

function keyOf(policy: string, text: string, holds: boolean): string {
  return `${policy} ${String(holds)} ${text}`;
}

function percentOf(policies: readonly CoveredPolicy[], conditions: readonly CoveredCondition[]): number {
  const all = policies.length + 2 * conditions.length;
  const sides = conditions.map(({ seenTrue, seenFalse }) => Number(seenTrue) + Number(seenFalse));
  const covered = policies.filter((policy) => policy.covered).length + sides.reduce((sum, one) => sum + one, 0);
  return all === 0 ? 100 : Math.floor((covered / all) * 1000) / 10;
}
