import type { Results } from './results.ts';

/** A figure that Postern has to reach, and one that it would like to. */
export interface Target {
  readonly what: string;
  readonly unit: string;
  readonly must?: Bound;
  readonly aim?: Bound;
  /** The figure, from one run; undefined or NaN: not measured. */
  readonly measure: (results: Pick<Results, 'rows'>) => number | undefined;
}

type Bound = { readonly kind: 'at most' | 'at least'; readonly value: number };

/** What became of a target. */
export interface Verdict {
  readonly target: Target;
  readonly value: number | undefined;
  readonly said: 'aim met' | 'met' | 'missed' | 'not measured';
}

type Rows = Pick<Results, 'rows'>;

const atMost = (value: number): Bound => ({ kind: 'at most', value });
const atLeast = (value: number): Bound => ({ kind: 'at least', value });

function medianOf(results: Rows, place: string, figure: string): number | undefined {
  const [name, peer = 'postern'] = place.split('/');
  return results.rows.find((row) => row.case === name && row.peer === peer)?.figures[figure]?.median;
}

/** One figure through another, both of this run. Places are `case` for Postern's own or `case/peer`. */
const ratio =
  (figure: string, one: string, other: string) =>
  (results: Rows): number | undefined => {
    const [upper, lower] = [medianOf(results, one, figure), medianOf(results, other, figure)];
    return upper === undefined || lower === undefined ? undefined : upper / lower;
  };
const value =
  (name: string, figure: string) =>
  (results: Rows): number | undefined =>
    medianOf(results, name, figure);

const cpu = (name: string, peer: string, bounds: Pick<Target, 'must' | 'aim'>): Target => ({
  what: `${name}: CPU against ${peer}`,
  unit: 'x',
  ...bounds,
  measure: ratio('cpu', name, `${name}/${peer}`),
});
const throughput = (name: string): Target => ({
  what: `${name}: throughput against nginx`,
  unit: 'x',
  must: atLeast(0.8),
  aim: atLeast(0.95),
  measure: ratio('rate', name, `${name}/nginx`),
});

/** The table of targets. Throughput of one process is taken from its CPU per request, which other work on the machine leaves alone. */
const TARGETS: readonly Target[] = [
  cpu('proxy', 'nginx', { must: atMost(2.3), aim: atMost(1.7) }),
  cpu('proxy', 'fastify', { must: atMost(0.5) }),
  cpu('proxy', 'caddy', { must: atMost(0.55) }),
  cpu('proxy', 'express-gateway', { must: atMost(0.15) }),
  {
    what: 'proxy-5: CPU against cors alone',
    unit: 'x',
    must: atMost(1.15),
    aim: atMost(1.08),
    measure: ratio('cpu', 'proxy-5', 'proxy'),
  },
  {
    what: 'proxy-5: throughput against cors alone',
    unit: 'x',
    must: atLeast(0.85),
    measure: ratio('rate', 'proxy-5', 'proxy'),
  },
  {
    what: 'the gate: share of a proxied GET with cors',
    unit: '%',
    must: atMost(2),
    measure: (results) => {
      const [gate, whole] = [medianOf(results, 'gate', 'gate'), medianOf(results, 'proxy', 'cpu')];
      return gate === undefined || whole === undefined ? undefined : (100 * gate) / whole;
    },
  },
  cpu('preflight', 'nginx', { must: atMost(1.9), aim: atMost(1.3) }),
  cpu('preflight', 'fastify', { must: atMost(0.7) }),
  cpu('preflight', 'caddy', { must: atMost(0.6) }),
  throughput('body-64k'),
  throughput('body-1m'),
  throughput('upload-1m'),
  {
    what: 'memory of a stream',
    unit: 'KiB',
    must: atMost(64),
    measure: value('streams', 'memory of a stream'),
  },
  {
    what: 'throughput at 10,000 routes against 1',
    unit: 'x',
    must: atLeast(0.95),
    measure: ratio('cpu', 'routes-1', 'routes-10000'),
  },
  {
    what: 'throughput at 100,000 routes against 1',
    unit: 'x',
    aim: atLeast(0.9),
    measure: ratio('cpu', 'routes-1', 'routes-100000'),
  },
  { what: 'memory of a route', unit: 'KiB', must: atMost(2), measure: value('load-10k', 'heap of a route') },
  {
    what: '10,000 routes, text to serving',
    unit: 'ms',
    must: atMost(1000),
    aim: atMost(250),
    measure: value('load-10k', 'first load'),
  },
  {
    what: '10,000 routes, one line changed',
    unit: 'ms',
    must: atMost(1000),
    aim: atMost(50),
    measure: value('load-10k', 'one line changed'),
  },
  {
    what: '10,000 routes, longest stall',
    unit: 'ms',
    must: atMost(20),
    measure: ({ rows }) => {
      const figures = rows.find((row) => row.case === 'load-10k')?.figures;
      return figures === undefined
        ? undefined
        : Math.max(figures['stall, first']?.max ?? Number.NaN, figures['stall, changed']?.max ?? Number.NaN);
    },
  },
  { what: '10,000 routes, failed requests', unit: '', must: atMost(0), measure: value('load-10k', 'failed requests') },
  { what: 'bus, put to enforced, p50', unit: 'ms', must: atMost(20), measure: value('bus', 'small p50') },
  {
    what: 'bus, put to enforced, p99',
    unit: 'ms',
    must: atMost(100),
    aim: atMost(50),
    measure: value('bus', 'small p99'),
  },
  {
    what: 'two workers against one',
    unit: 'x',
    must: atLeast(1.7),
    aim: atLeast(1.9),
    // Two cores' worth of requests at what a request then costs.
    measure: (results) => {
      const one = ratio('cpu', 'workers-1', 'workers-2')(results);
      return one === undefined ? undefined : 2 * one;
    },
  },
  {
    what: 'decisions of the engine alone',
    unit: '/s/core',
    must: atLeast(500_000),
    aim: atLeast(1_000_000),
    measure: value('decision', 'decisions'),
  },
  { what: 'start', unit: 'ms', must: atMost(700), aim: atMost(300), measure: value('start', 'first answer') },
  { what: 'memory after start', unit: 'MiB', must: atMost(110), measure: value('start', 'rss') },
  { what: 'memory after 10,000 reloads', unit: '% more', must: atMost(5), measure: value('reloads', 'rss growth') },
];

/** Judges a run by the targets. */
export function judge(results: Rows): readonly Verdict[] {
  return TARGETS.map((target) => {
    const measured = target.measure(results);
    const value = measured === undefined || Number.isNaN(measured) ? undefined : measured;
    return { target, value, said: verdictOf(target, value) };
  });
}

function verdictOf({ must, aim }: Target, value: number | undefined): Verdict['said'] {
  if (value === undefined) return 'not measured';
  if (aim !== undefined && within(aim, value)) return 'aim met';
  if (must !== undefined) return within(must, value) ? 'met' : 'missed';
  return 'missed';
}

function within({ kind, value: limit }: Bound, value: number): boolean {
  return kind === 'at most' ? value <= limit : value >= limit;
}
