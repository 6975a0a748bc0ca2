import { metricLabel } from '@postern/model';
import type { Attached, CheckedPolicy, Log, MetricsSection } from '@postern/model';
import type { Outcomes, RunningExchange } from '@postern/engine';
import type { Registry } from 'prom-client';
import { Counted, Level, TimesCounted } from './counted.ts';
import type { Series, Times } from './counted.ts';
import type { CountedMetrics } from './aggregate.ts';
import { TunnelMetrics } from './tunnel-metrics.ts';
import { Vitals } from './vitals.ts';

/** What is counted of one route. */
interface RouteSeries {
  readonly group: string;
  readonly route: string;
  /** By the first digit of the status. */
  readonly byClass: (Series | undefined)[];
  aborted: Series | undefined;
  readonly seconds: Times;
}

/** The series of one policy, and how many instances may count into them. */
interface PolicySeries {
  instances: number;
  /** By what tells them apart. */
  readonly members: Map<string, { readonly counter: Counted; readonly series: Series }>;
}

/** Prometheus metrics of one data plane. Label values come from documents only, so nobody outside can make new series. */
export class Metrics {
  #registry: Promise<Registry> | undefined = undefined;
  readonly #requests = new Counted({
    name: 'postern_requests_total',
    help: 'Requests by group, route and class of status',
    labelNames: ['group', 'route', 'status'],
  });
  readonly #seconds = new TimesCounted(
    {
      name: 'postern_request_duration_seconds',
      help: 'Time from the head of a request to the last byte of its answer',
      labelNames: ['group', 'route'],
    },
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  );
  readonly #policies: Counted;
  readonly #events: Counted;
  readonly #turned = new Counted({
    name: 'postern_gate_total',
    help: 'Requests that the gate answered itself, by code',
    labelNames: ['code'],
  });
  readonly #log = new Counted({
    name: 'postern_log_dropped_lines_total',
    help: 'Lines of the log that were dropped because nobody read them',
    labelNames: [],
  });
  readonly #dropped = this.#log.add({});
  readonly #droppedLines: () => number;
  /** What this process says of its own load. */
  readonly vitals = new Vitals();
  readonly #revision = new Level({ name: 'postern_revision', help: 'Revision of the snapshot that serves' });
  /** Tunnels of web sockets, and what they carry. */
  readonly tunnels = new TunnelMetrics();
  /** By names, of group and route: they outlive the documents that they stand in. */
  readonly #byGroup = new Map<string, Map<string, RouteSeries>>();
  readonly #byCode = new Map<string, Series>();
  /** Labels of policies that their series carry, each with its name in metrics. */
  readonly #policyLabels: readonly (readonly [label: string, name: string])[];
  /** By the labels that all series of a policy share: they go when its last instance does. */
  readonly #series = new Map<string, PolicySeries>();

  constructor({ policyLabels }: Pick<MetricsSection, 'policyLabels'>, log?: Pick<Log, 'dropped'>) {
    this.#policyLabels = policyLabels.map((label) => [label, metricLabel(label)]);
    const names = this.#policyLabels.map(([, name]) => name);
    this.#policies = new Counted({
      name: 'postern_policy_outcomes_total',
      help: 'Verdicts of policies: refused, responded, failed',
      labelNames: ['policy', 'plugin', ...names, 'outcome'],
    });
    this.#events = new Counted({
      name: 'postern_policy_events_total',
      help: 'What policies count themselves',
      labelNames: ['policy', 'plugin', ...names, 'event'],
    });
    this.#droppedLines = () => log?.dropped?.() ?? 0;
  }

  /** Counts an exchange that has ended. */
  count(exchange: RunningExchange): void {
    const { group = '', route = '', status } = exchange;
    const series = this.#byGroup.get(group)?.get(route) ?? this.#addRoute(group, route);
    const requests =
      exchange.aborted && status === 0
        ? (series.aborted ??= this.#requests.add({ group, route, status: 'aborted' }))
        : (series.byClass[Math.floor(status / 100)] ?? this.#addClass(series, status));
    requests.count += 1;
    this.#seconds.time(series.seconds, exchange.durationMs / 1000);
  }

  #addRoute(group: string, route: string): RouteSeries {
    let routes = this.#byGroup.get(group);
    if (routes === undefined) this.#byGroup.set(group, (routes = new Map<string, RouteSeries>()));
    const series = { group, route, byClass: [], aborted: undefined, seconds: this.#seconds.add({ group, route }) };
    routes.set(route, series);
    return series;
  }

  #addClass({ group, route, byClass }: RouteSeries, status: number): Series {
    const digit = Math.floor(status / 100);
    const series = this.#requests.add({ group, route, status: `${digit}xx` });
    byClass[digit] = series;
    return series;
  }

  /** Counts a request that no policy saw. */
  countTurned(code: string): void {
    let series = this.#byCode.get(code);
    if (series === undefined) this.#byCode.set(code, (series = this.#turned.add({ code })));
    series.count += 1;
  }

  /** Names the revision that serves from now on. Reloads are counted where documents are followed. */
  serves(revision: number): void {
    this.#revision.value = revision;
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
    for (const member of series.members.values()) member.counter.remove(member.series);
    this.#series.delete(JSON.stringify(this.#labelsOf(policy)));
  }

  #seriesOf(policy: CheckedPolicy): PolicySeries {
    const key = JSON.stringify(this.#labelsOf(policy));
    const known = this.#series.get(key) ?? { instances: 0, members: new Map() };
    this.#series.set(key, known);
    return known;
  }

  /** Two instances of one policy count into the same series, which is there from the first count on. */
  #bind(counter: Counted, policy: CheckedPolicy, own: Readonly<Record<string, string>>): () => void {
    const { members } = this.#seriesOf(policy);
    const key = JSON.stringify(own);
    const begin = (): Series => {
      const { series } = members.get(key) ?? { series: counter.add({ ...this.#labelsOf(policy), ...own }) };
      members.set(key, { counter, series });
      return series;
    };
    let series: Series | undefined;
    return () => {
      series ??= begin();
      series.count += 1;
    };
  }

  #labelsOf({ name, plugin, labels }: CheckedPolicy): Record<string, string> {
    const all: Record<string, string> = { policy: name, plugin };
    for (const [label, metric] of this.#policyLabels) all[metric] = labels[label] ?? '';
    return all;
  }

  async text(): Promise<string> {
    return (await this.#shown()).metrics();
  }

  /** The same as plain data: what several data planes counted can be added up. */
  async counted(): Promise<CountedMetrics> {
    const metrics: readonly object[] = await (await this.#shown()).getMetricsAsJSON();
    return { metrics, policies: [...this.#series.keys()] };
  }

  /** Made for the first who asks: a start need not wait for prom-client. */
  #shown(): Promise<Registry> {
    const own = [this.#requests, this.#seconds, this.#turned, this.#revision, this.#policies, this.#events, this.#log];
    const all = [...own, ...this.tunnels.shown, ...this.vitals.all];
    this.#dropped.count = this.#droppedLines();
    return (this.#registry ??= import('./registry.ts').then(({ registryOf }) => registryOf(all)));
  }
}
