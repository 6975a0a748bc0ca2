/** What one data plane has counted, as plain data that crosses processes. */
export interface CountedMetrics {
  readonly metrics: readonly object[];
  /** Policies that may count there, each as the labels that its series share, in JSON. */
  readonly policies: readonly string[];
}

/** What nobody has counted. */
export const NOTHING_COUNTED: CountedMetrics = { metrics: [], policies: [] };

/**
 * Adds up what several data planes have counted, as Prometheus text: counters and histograms as sums, a gauge as its metric
 * says. What `departed` ones counted stays counted, or a sum would fall and be taken for a restart; of policies only as long
 * as a living one has the policy, for labels that no document has any more are shown nowhere.
 */
export async function aggregateMetrics(living: readonly CountedMetrics[], departed: CountedMetrics): Promise<string> {
  const policies = new Set(living.flatMap((one) => one.policies));
  const kept = departed.metrics.map((metric) => withoutPolicies(metric, policies));
  const all = [...living.map(({ metrics }) => [...metrics]), kept];
  const { AggregatorRegistry } = await import('prom-client');
  return AggregatorRegistry.aggregate(all).metrics();
}

/** What two data planes have counted, as if it had been one. A gauge says how things are, and is nothing of the past. */
export async function addMetrics(one: CountedMetrics, other: CountedMetrics): Promise<CountedMetrics> {
  const counters = [one, other].map(({ metrics }) => metrics.filter((metric) => read(metric, 'type') !== 'gauge'));
  const { AggregatorRegistry } = await import('prom-client');
  const metrics: readonly object[] = await AggregatorRegistry.aggregate(counters).getMetricsAsJSON();
  return { metrics, policies: [] };
}

function withoutPolicies(metric: object, but: ReadonlySet<string>): object {
  if (!String(read(metric, 'name')).startsWith('postern_policy_')) return metric;
  const values: unknown = read(metric, 'values');
  const series: readonly unknown[] = Array.isArray(values) ? values : [];
  return { ...metric, values: series.filter((one) => but.has(policyOf(one))) };
}

/** The labels of a series that all series of its policy share. */
function policyOf(series: unknown): string {
  const labels: unknown = typeof series === 'object' && series !== null ? read(series, 'labels') : undefined;
  const members = typeof labels === 'object' && labels !== null ? Object.entries(labels) : [];
  return JSON.stringify(Object.fromEntries(members.filter(([name]) => name !== 'outcome' && name !== 'event')));
}

/** What prom-client puts into its plain data it does not all say in its types. */
function read(from: object, name: string): unknown {
  return new Map<string, unknown>(Object.entries(from)).get(name);
}
