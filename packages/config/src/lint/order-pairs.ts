import type { LintRemark, LintSubject, LintTrait, LintedUse } from './rule.ts';

/** Two policies of one pipeline whose order matters. */
export interface OrderPair {
  readonly earlier: LintedUse;
  readonly later: LintedUse;
}

/** Every use with the later trait, with the first use before it that has the earlier one. */
export function* orderPairs(
  { pipelines }: LintSubject,
  traits: { readonly earlier: LintTrait; readonly later: LintTrait },
): Generator<OrderPair> {
  for (const { uses } of pipelines) {
    let earlier: LintedUse | undefined;
    for (const use of uses) {
      if (earlier !== undefined && use.traits.has(traits.later)) yield { earlier, later: use };
      if (earlier === undefined && use.traits.has(traits.earlier)) earlier = use;
    }
  }
}

/** A remark at the list entry of a use. */
export function atEntry({ attached }: LintedUse, said: Pick<LintRemark, 'message' | 'fix'>): LintRemark {
  return { place: attached.place, pointer: attached.pointer, ...said };
}

/** `"keys" (line 12)`: a use as another one's message names it, by the line of its list entry. */
export function named({ attached }: LintedUse): string {
  return `"${attached.policy}" (line ${attached.place.line})`;
}
