import { Counter, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';

/** One series: a number that the request path counts up, and nothing else. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  count: number;
}

interface About {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly registry: Registry;
}

/**
 * A counter whose series are plain numbers; prom-client gets them when somebody asks for the text. Its own `inc` makes a hash
 * of all labels each time, which costs more than a policy.
 */
export class Counted {
  readonly #series = new Set<Series>();

  constructor({ name, help, labelNames, registry }: About) {
    const all = this.#series;
    const counter = new Counter({
      name,
      help,
      labelNames,
      registers: [],
      collect() {
        this.reset();
        for (const { labels, count } of all) this.inc(labels, count);
      },
    });
    registry.registerMetric(counter);
  }

  /** A new series, for something to be counted in it at once. */
  add(labels: Series['labels']): Series {
    const series = { labels, count: 0 };
    this.#series.add(series);
    return series;
  }

  remove(series: Series): void {
    this.#series.delete(series);
  }
}

/** Times of one series: how many were at most each bound, and above none below; the last place is for those above all. */
export interface Times {
  readonly labels: Readonly<Record<string, string>>;
  readonly counts: number[];
  sum: number;
}

/** A histogram whose series are plain numbers, for the same reason as the counter's. */
export class TimesCounted extends Histogram {
  readonly #bounds: readonly number[];
  readonly #series: Times[] = [];
  readonly #named: string;
  /** Without any series: it says what else prom-client wants to know of a histogram. */
  readonly #plain: Histogram;

  constructor({ name, help, labelNames, registry }: About, bounds: readonly number[]) {
    const about = { name, help, labelNames, registers: [] };
    super(about);
    this.#named = name;
    this.#plain = new Histogram(about);
    this.#bounds = bounds;
    registry.registerMetric(this);
  }

  add(labels: Times['labels']): Times {
    const series = { labels, counts: [...this.#bounds, Infinity].map(() => 0), sum: 0 };
    this.#series.push(series);
    return series;
  }

  /** Counts one time, in the unit of the bounds. */
  time(series: Times, value: number): void {
    const bounds = this.#bounds;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] ?? 0)) at += 1;
    series.counts[at] = (series.counts[at] ?? 0) + 1;
    series.sum += value;
  }

  override async get(): ReturnType<Histogram['get']> {
    return { ...(await this.#plain.get()), values: this.#series.flatMap((series) => this.#valuesOf(series)) };
  }

  /** What prom-client asks for a text, by a name that its types do not have. */
  getForPromString(): ReturnType<Histogram['get']> {
    return this.get();
  }

  #valuesOf({ labels, counts, sum }: Times): Awaited<ReturnType<Histogram['get']>>['values'] {
    let count = 0;
    const buckets = [...this.#bounds, '+Inf'].map((le, at) => {
      count += counts[at] ?? 0;
      return { labels: { le, ...labels }, value: count, metricName: `${this.#named}_bucket` };
    });
    return [
      ...buckets,
      { labels, value: sum, metricName: `${this.#named}_sum` },
      { labels, value: count, metricName: `${this.#named}_count` },
    ];
  }
}
