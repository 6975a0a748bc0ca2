import type { Attached, CheckedPolicy } from '@postern/model';
import type { Outcomes, RunningExchange } from '@postern/engine';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Counters of one route and class of status, bound once. */
interface RequestCounters {
  readonly requests: { inc(): void };
  readonly seconds: { observe(value: number): void };
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
  readonly #policies = new Counter({
    name: 'postern_policy_outcomes_total',
    help: 'Verdicts of policies: refused, responded, failed; in shadow would_refuse, would_respond, would_fail',
    labelNames: ['policy', 'plugin', 'outcome'],
    registers: [this.#registry],
  });
  readonly #events = new Counter({
    name: 'postern_policy_events_total',
    help: 'What policies count themselves',
    labelNames: ['policy', 'plugin', 'event'],
    registers: [this.#registry],
  });
  readonly #turned = new Counter({
    name: 'postern_gate_total',
    help: 'Requests that the gate answered itself, by code',
    labelNames: ['code'],
    registers: [this.#registry],
  });
  readonly #revision = new Gauge({
    name: 'postern_revision',
    help: 'Revision of the snapshot that serves',
    registers: [this.#registry],
  });
  readonly #byRoute = new Map<string, RequestCounters>();

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
  counter({ name, plugin }: CheckedPolicy, event: string): () => void {
    const bound = this.#events.labels(name, plugin, event);
    return () => bound.inc();
  }

  /** The counters of a policy's verdicts, or of what they would have been in shadow. */
  outcomes({ name, plugin }: CheckedPolicy, mode: Attached['mode']): Outcomes {
    const bind = (outcome: string): (() => void) => {
      const bound = this.#policies.labels(name, plugin, outcome);
      return () => bound.inc();
    };
    return mode === 'shadow'
      ? { refused: bind('would_refuse'), responded: bind('would_respond'), failed: bind('would_fail') }
      : { refused: bind('refused'), responded: bind('responded'), failed: bind('failed') };
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
