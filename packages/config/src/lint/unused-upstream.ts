import type { LintRule } from './rule.ts';

/** Most often the rest of a group that was taken out, or a name that should have been another. */
export const unusedUpstream: LintRule = {
  code: 'lint/unused-upstream',
  summary: 'No API group uses the upstream.',
  *check({ document }) {
    const used = new Set(document.groups.map(({ upstream }) => upstream));
    for (const [position, { name, place }] of document.upstreams.entries()) {
      if (used.has(name)) continue;
      const message = 'no API group uses this upstream';
      const fix = 'name it as the upstream of an API group, or remove it';
      yield { place, pointer: `/upstreams/${position}`, message, fix };
    }
  },
};
