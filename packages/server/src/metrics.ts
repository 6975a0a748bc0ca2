import { metricLabel } from '@postern/model';
import type { Attached, CheckedPolicy, MetricsSection } from '@postern/model';
import type { Outcomes, RunningExchange } from '@postern/engine';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { CountedMetrics } from './aggregate.ts';

/** Counters of one route and class of status, bound once. */
interface RequestCounters {
  readonly requests: { inc(): void };
  readonly seconds: { observe(value: number): void };
}

/** The series of one policy, and how many instances may count into them. */
interface PolicySeries {
  instances: number;
  readonly members: { readonly counter: Counter; readonly labels: Record<string, string> }[];
}

/** Prometheus metrics of one data plane. Label values come from documents only, so nobody outside can make new series. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests = new Counter({
    name: 'postern_requests_total',
    help: 'Requests by group, route and class of status',
    labelNames: ['group', 'route', 'status'],
    registers: [this.#registry],
  });
  readonly #seconds = new Histogram({
    name: 'postern_request_duration_seconds',
    help: 'Time from the head of a request to the last byte of its answer',
    labelNames: ['group', 'route'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.#registry],
  });
  readonly #policies: Counter;
  readonly #events: Counter;
  readonly #turned = new Counter({
    name: 'postern_gate_total',
    help: 'Requests that the gate answered itself, by code',
    labelNames: ['code'],
    registers: [this.#registry],
  });
  readonly #revision = new Gauge({
    name: 'postern_revision',
    help: 'Revision of the snapshot that serves',
    // Of several workers the one that swaps last is behind for a moment only.
    aggregator: 'max',
    registers: [this.#registry],
  });
  readonly #byRoute = new Map<string, RequestCounters>();
  /** Labels of policies that their series carry, each with its name in metrics. */
  readonly #policyLabels: readonly (readonly [label: string, name: string])[];
  /** By the labels that all series of a policy share: they go when its last instance does. */
  readonly #series = new Map<string, PolicySeries>();

  constructor({ policyLabels }: Pick<MetricsSection, 'policyLabels'>) {
    this.#policyLabels = policyLabels.map((label) => [label, metricLabel(label)]);
    const names = this.#policyLabels.map(([, name]) => name);
    this.#policies = new Counter({
      name: 'postern_policy_outcomes_total',
      help: 'Verdicts of policies: refused, responded, failed',
      labelNames: ['policy', 'plugin', ...names, 'outcome'],
      registers: [this.#registry],
    });
    this.#events = new Counter({
      name: 'postern_policy_events_total',
      help: 'What policies count themselves',
      labelNames: ['policy', 'plugin', ...names, 'event'],
      registers: [this.#registry],
    });
  }

  /** Counts an exchange that has ended. */
  count(exchange: RunningExchange): void {
    const group = exchange.group ?? '';
    const route = exchange.route ?? '';
    const status = exchange.aborted && exchange.status === 0 ? 'aborted' : `${Math.floor(exchange.status / 100)}xx`;
    const key = `${group}/${route}/${status}`;
    let counters = this.#byRoute.get(key);
    if (counters === undefined) {
      counters = { requests: this.#requests.labels(group, route, status), seconds: this.#seconds.labels(group, route) };
      this.#byRoute.set(key, counters);
    }
    counters.requests.inc();
    counters.seconds.observe(exchange.durationMs / 1000);
  }

  /** Counts a request that no policy saw. */
  countTurned(code: string): void {
    this.#turned.labels(code).inc();
  }

  /** Names the revision that serves from now on. Reloads are counted where documents are followed. */
  serves(revision: number): void {
    this.#revision.set(revision);
  }

  /** A counter that a policy keeps of an event of its own. */
  counter(policy: CheckedPolicy, event: string): () => void {
    return this.#bind(this.#events, policy, { event });
  }

  /** The counters of a policy's verdicts, or of what they would have been in shadow. */
  outcomes(policy: CheckedPolicy, mode: Attached['mode']): Outcomes {
    const bind = (outcome: string): (() => void) => this.#bind(this.#policies, policy, { outcome });
    return mode === 'shadow'
      ? { refused: bind('would_refuse'), responded: bind('would_respond'), failed: bind('would_fail') }
      : { refused: bind('refused'), responded: bind('responded'), failed: bind('failed') };
  }

  /** Counts an instance of a policy: as long as one is left its series stay. */
  retain(policy: CheckedPolicy): void {
    this.#seriesOf(policy).instances += 1;
  }

  /** Counts one less; with the last one its series go, so that labels which no document has any more are shown nowhere. */
  release(policy: CheckedPolicy): void {
    const series = this.#seriesOf(policy);
    series.instances -= 1;
    if (series.instances > 0) return;
    for (const { counter, labels } of series.members) counter.remove(labels);
    this.#series.delete(JSON.stringify(this.#labelsOf(policy)));
  }

  #seriesOf(policy: CheckedPolicy): PolicySeries {
    const key = JSON.stringify(this.#labelsOf(policy));
    const known = this.#series.get(key) ?? { instances: 0, members: [] };
    this.#series.set(key, known);
    return known;
  }

  #bind(counter: Counter, policy: CheckedPolicy, own: Readonly<Record<string, string>>): () => void {
    const labels = { ...this.#labelsOf(policy), ...own };
    this.#seriesOf(policy).members.push({ counter, labels });
    const bound = counter.labels(labels);
    return () => bound.inc();
  }

  #labelsOf({ name, plugin, labels }: CheckedPolicy): Record<string, string> {
    const all: Record<string, string> = { policy: name, plugin };
    for (const [label, metric] of this.#policyLabels) all[metric] = labels[label] ?? '';
    return all;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** The same as plain data: what several data planes counted can be added up. */
  async counted(): Promise<CountedMetrics> {
    const metrics: readonly object[] = await this.#registry.getMetricsAsJSON();
    return { metrics, policies: [...this.#series.keys()] };
  }
}
