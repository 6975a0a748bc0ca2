import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Counted, Level, Times, TimesCounted } from './counted.ts';

/** The registry of prom-client that shows what is counted, in that order. It reads the numbers when it is asked for its text. */
export function registryOf(all: readonly (Counted | TimesCounted | Level)[]): Registry {
  const registry = new Registry();
  for (const one of all) registry.registerMetric(metricOf(one));
  return registry;
}

function metricOf(one: Counted | TimesCounted | Level): Counter | Gauge | Histogram {
  switch (one.kind) {
    case 'counted':
      return new Counter({
        ...one.about,
        registers: [],
        collect() {
          this.reset();
          for (const { labels, count } of one.series) this.inc(labels, count);
        },
      });
    case 'times':
      return new TimesShown(one);
    case 'level':
      return new Gauge({
        ...one.about,
        // Of a revision the highest: of several workers the one that swaps last is behind for a moment only.
        aggregator: one.aggregator,
        registers: [],
        collect() {
          this.set(one.value);
        },
      });
    default:
      return one satisfies never;
  }
}

class TimesShown extends Histogram {
  readonly #times: TimesCounted;
  /** Without any series: it says what else prom-client wants to know of a histogram. */
  readonly #plain: Histogram;

  constructor(times: TimesCounted) {
    const about = { ...times.about, registers: [] };
    super(about);
    this.#times = times;
    this.#plain = new Histogram(about);
  }

  override async get(): ReturnType<Histogram['get']> {
    const values = this.#times.series.flatMap((series) => this.#valuesOf(series));
    return { ...(await this.#plain.get()), values };
  }

  /** What prom-client asks for a text, by a name that its types do not have. */
  getForPromString(): ReturnType<Histogram['get']> {
    return this.get();
  }

  #valuesOf({ labels, counts, sum }: Times): Awaited<ReturnType<Histogram['get']>>['values'] {
    const { about, bounds } = this.#times;
    let count = 0;
    const buckets = [...bounds, '+Inf'].map((le, at) => {
      count += counts[at] ?? 0;
      return { labels: { le, ...labels }, value: count, metricName: `${about.name}_bucket` };
    });
    return [
      ...buckets,
      { labels, value: sum, metricName: `${about.name}_sum` },
      { labels, value: count, metricName: `${about.name}_count` },
    ];
  }
}
