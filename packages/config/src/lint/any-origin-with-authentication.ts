import { atEntry } from './order-pairs.ts';
import type { LintRule } from './rule.ts';

/** Browsers of logged-in people carry credentials: with all origins every web site may use them from there. */
export const anyOriginWithAuthentication: LintRule = {
  code: 'lint/any-origin-with-authentication',
  summary: 'Every web site may read answers of routes that authenticate.',
  *check({ pipelines }) {
    for (const { uses } of pipelines) {
      const open = uses.find(({ traits }) => traits.has('any-origin'));
      const guard = uses.find(({ traits }) => traits.has('authenticates'));
      if (open === undefined || guard === undefined) continue;
      const message = `"${open.policy.name}" lets scripts of every web site read answers that "${guard.policy.name}" gives to known callers only`;
      yield atEntry(open, { message, fix: 'name the origins that may, in allowOrigins' });
    }
  },
};
