import { atEntry, named, orderPairs } from './order-pairs.ts';
import type { LintRule } from './rule.ts';

/** A cache that answers before anybody was asked who they are. */
export const cacheBeforeAuthentication: LintRule = {
  code: 'lint/cache-before-authentication',
  summary: 'A cache answers before authentication has run.',
  *check(subject) {
    for (const { earlier, later } of orderPairs(subject, { earlier: 'caches', later: 'authenticates' })) {
      const message = `"${earlier.policy.name}" caches in front of ${named(later)}, which authenticates: what one caller may read is handed to callers nobody knows`;
      yield atEntry(earlier, { message, fix: `put "${earlier.policy.name}" behind "${later.policy.name}"` });
    }
  },
};
