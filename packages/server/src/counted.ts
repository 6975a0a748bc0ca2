/** One series: a number that the request path counts up, and nothing else. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  count: number;
}

/** How a metric is called, and what tells its series apart. */
export interface About {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
}

/**
 * A counter whose series are plain numbers; prom-client gets them when somebody asks for the text. Its own `inc` makes a hash
 * of all labels each time, which costs more than a policy.
 */
export class Counted {
  readonly kind = 'counted';
  readonly about: About;
  readonly #series = new Set<Series>();

  constructor(about: About) {
    this.about = about;
  }

  get series(): Iterable<Series> {
    return this.#series;
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
export class TimesCounted {
  readonly kind = 'times';
  readonly about: About;
  readonly bounds: readonly number[];
  readonly #series: Times[] = [];

  constructor(about: About, bounds: readonly number[]) {
    this.about = about;
    this.bounds = bounds;
  }

  get series(): readonly Times[] {
    return this.#series;
  }

  add(labels: Times['labels']): Times {
    const series = { labels, counts: [...this.bounds, Infinity].map(() => 0), sum: 0 };
    this.#series.push(series);
    return series;
  }

  /** Counts one time, in the unit of the bounds. */
  time(series: Times, value: number): void {
    const { bounds } = this;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] ?? 0)) at += 1;
    series.counts[at] = (series.counts[at] ?? 0) + 1;
    series.sum += value;
  }
}

/** A number that says how things are now. */
export class Level {
  readonly kind = 'level';
  readonly about: Omit<About, 'labelNames'>;
  /** Over several processes: their sum, or the highest. */
  readonly aggregator: 'sum' | 'max';
  value = 0;

  constructor({ sum = false, ...about }: Omit<About, 'labelNames'> & { readonly sum?: boolean }) {
    this.about = about;
    this.aggregator = sum ? 'sum' : 'max';
  }
}
