import { AggregatorRegistry } from 'prom-client';

/** What one data plane has counted, as plain data that crosses processes. */
export type CountedMetrics = readonly object[];

/**
 * Adds up what several data planes have counted, as Prometheus text: counters and histograms as sums, a gauge as its metric
 * says. What `departed` ones counted stays counted, or a sum would fall and be taken for a restart; of policies only as long
 * as a living one has the series, for labels that no document has any more are shown nowhere.
 */
export function aggregateMetrics(living: readonly CountedMetrics[], departed: CountedMetrics): Promise<string> {
  const known = new Set(living.flatMap((metrics) => metrics.flatMap((metric) => seriesOf(metric).map(keyOf))));
  const kept = departed.map((metric) => withSeries(metric, (key) => !isOfPolicy(metric) || known.has(key)));
  return AggregatorRegistry.aggregate([...living, kept].map((metrics) => [...metrics])).metrics();
}

/** What two data planes have counted, as if it had been one. A gauge says how things are, and is nothing of the past. */
export async function addMetrics(one: CountedMetrics, other: CountedMetrics): Promise<CountedMetrics> {
  const counters = [one, other].map((metrics) => metrics.filter((metric) => read(metric, 'type') !== 'gauge'));
  const sum: readonly object[] = await AggregatorRegistry.aggregate(counters).getMetricsAsJSON();
  return sum;
}

interface Series {
  readonly metric: object;
  readonly value: object;
}

function seriesOf(metric: object): readonly Series[] {
  const values: unknown = read(metric, 'values');
  if (!Array.isArray(values)) return [];
  const members: readonly unknown[] = values;
  return members.flatMap((value) => (typeof value === 'object' && value !== null ? [{ metric, value }] : []));
}

function keyOf({ metric, value }: Series): string {
  return JSON.stringify([read(metric, 'name'), read(value, 'labels')]);
}

function withSeries(metric: object, keeps: (key: string) => boolean): object {
  const values = seriesOf(metric).filter((series) => keeps(keyOf(series)));
  return { ...metric, values: values.map(({ value }) => value) };
}

function isOfPolicy(metric: object): boolean {
  return String(read(metric, 'name')).startsWith('postern_policy_');
}

/** What prom-client puts into its plain data it does not all say in its types. */
function read(from: object, name: string): unknown {
  return new Map<string, unknown>(Object.entries(from)).get(name);
}
