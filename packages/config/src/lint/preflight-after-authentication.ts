import { atEntry, named, orderPairs } from './order-pairs.ts';
import type { LintRule } from './rule.ts';

/** The order that people worry about most, and the one that has no effect. */
export const preflightAfterAuthentication: LintRule = {
  code: 'lint/preflight-after-authentication',
  summary: 'A cors policy stands behind authentication, which makes no difference.',
  *check(subject) {
    for (const { earlier, later } of orderPairs(subject, { earlier: 'authenticates', later: 'preflight' })) {
      const message = `"${later.policy.name}" stands behind ${named(earlier)}, which authenticates. This makes no difference: preflights are answered before every other policy, and its response headers are set last`;
      yield atEntry(later, { message, fix: 'put it first, where readers expect what runs first, or leave it' });
    }
  },
};
