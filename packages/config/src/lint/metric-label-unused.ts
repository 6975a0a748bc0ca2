import type { LintRule } from './rule.ts';

/** A label of metrics that no policy has is empty on every series. */
export const metricLabelUnused: LintRule = {
  code: 'lint/metric-label-unused',
  summary: 'No policy has a label that server.metrics.policyLabels names.',
  *check({ document }) {
    const { policyLabels, place } = document.server.metrics;
    const used = new Set(document.policies.flatMap(({ labels }) => Object.keys(labels)));
    for (const [position, label] of policyLabels.entries()) {
      if (used.has(label) || document.policies.length === 0) continue;
      const message = `no policy has the label "${label}": it is empty on every series`;
      const fix = 'give policies this label, or remove it here';
      yield { place, pointer: `/server/metrics/policyLabels/${position}`, message, fix };
    }
  },
};
