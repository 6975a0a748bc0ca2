import type { CheckedDocument, Issue } from '@postern/model';
import { MAX_ISSUES } from '../findings.ts';
import { inDocumentOrder } from '../issue.ts';
import { anyOriginWithAuthentication } from './any-origin-with-authentication.ts';
import { cacheBeforeAuthentication } from './cache-before-authentication.ts';
import { metricLabelUnused } from './metric-label-unused.ts';
import { neverRuns } from './never-runs.ts';
import { preflightAfterAuthentication } from './preflight-after-authentication.ts';
import { routeBehindGroup } from './route-behind-group.ts';
import type { LintRemark, LintRule, Linted } from './rule.ts';
import { toSubject } from './subject.ts';
import { transformationAfterValidation } from './transformation-after-validation.ts';
import { twoWriters } from './two-writers.ts';
import { unusedUpstream } from './unused-upstream.ts';

/** Every rule, in the order of `docs/lint.md`. */
export const lintRules: readonly LintRule[] = [
  preflightAfterAuthentication,
  cacheBeforeAuthentication,
  anyOriginWithAuthentication,
  neverRuns,
  routeBehindGroup,
  transformationAfterValidation,
  twoWriters,
  unusedUpstream,
  metricLabelUnused,
];

/**
 * Looks for what is allowed and yet most likely not meant. Pure; warnings only, in document order, each once however many
 * routes share the list entry. For `check` and `push`: a reload does not wait for it.
 */
export function lint(linted: Linted): readonly Issue[] {
  const subject = toSubject(linted);
  const issues = new Map<string, Issue>();
  for (const rule of lintRules) {
    const { code } = rule;
    for (const remark of rule.check(subject)) {
      const issue = toIssue(code, remark, linted.document);
      const key = `${issue.line}:${issue.column} ${code} ${issue.message}`;
      if (!issues.has(key)) issues.set(key, issue);
      if (issues.size >= MAX_ISSUES) return inDocumentOrder([...issues.values()]);
    }
  }
  return inDocumentOrder([...issues.values()]);
}

function toIssue(code: string, { place, pointer, message, fix }: LintRemark, document: CheckedDocument): Issue {
  const { file, line, column } = place;
  const readable = readablePath(pointer, document);
  return { severity: 'warning', code, message: `${readable}: ${message}`, file, line, column, pointer, fix };
}

/** `apiGroups.storefront.policies[1]` for `/apiGroups/0/policies/1`: members of a list that have a name are shown by it. */
function readablePath(pointer: string, { groups, policies, upstreams }: CheckedDocument): string {
  const steps = pointer.split('/').slice(1);
  const [area, position = ''] = steps;
  const at = Number(position);
  const group = area === 'apiGroups' ? groups[at] : undefined;
  const names = [
    area === 'policies' ? policies[at]?.name : area === 'upstreams' ? upstreams[at]?.name : group?.name,
    steps[2] === 'routes' ? group?.routes[Number(steps[3])]?.name : undefined,
  ];
  return steps
    .map((step, index) => (index === 1 ? (names[0] ?? step) : index === 3 ? (names[1] ?? step) : step))
    .map((step, index) => (index === 0 ? step : /^\d+$/.test(step) ? `[${step}]` : `.${step}`))
    .join('');
}
