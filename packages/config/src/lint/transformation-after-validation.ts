import { atEntry, named, orderPairs } from './order-pairs.ts';
import type { LintRule } from './rule.ts';

/** What was validated is not what goes on. */
export const transformationAfterValidation: LintRule = {
  code: 'lint/transformation-after-validation',
  summary: 'A body is changed after it was validated.',
  *check(subject) {
    for (const { earlier, later } of orderPairs(subject, { earlier: 'validates', later: 'transforms' })) {
      const message = `"${later.policy.name}" changes bodies behind ${named(earlier)}, which validates them: what goes on was never validated`;
      yield atEntry(later, { message, fix: `put "${later.policy.name}" in front of "${earlier.policy.name}"` });
    }
  },
};
