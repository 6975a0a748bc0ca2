import type { Figure, Results, Row } from '../../bench/core/results.ts';

/** A figure of which every round gave the same. */
function same(value: number, unit = ''): Figure {
  return { unit, median: value, min: value, max: value };
}

/** A row of a load. */
function loadRow(name: string, peer: string, { cpu, rate = 1000 }: { cpu: number; rate?: number }): Row {
  const figures = {
    cpu: { unit: 'µs/request', median: cpu, min: cpu * 0.9, max: cpu * 1.2 },
    rate: same(rate, 'requests/s'),
    p50: same(1.25, 'ms'),
    p99: same(12.5, 'ms'),
    rss: same(64, 'MiB'),
  };
  return { case: name, peer, figures };
}

/** A row of a case of Postern's own. */
function ownRow(name: string, figures: Readonly<Record<string, number>>): Row {
  return {
    case: name,
    peer: 'postern',
    figures: Object.fromEntries(Object.entries(figures).map(([figure, value]) => [figure, same(value, 'ms')])),
  };
}

/** A run in which a peer is missing, one cannot do a case, and one failed. */
export const MADE: Results = {
  date: '2026-01-02',
  machine: { cores: 2, model: 'A <fast> & "good" one', memory: '8 GiB', system: 'Linux 6.1', load: 0.2 },
  method: '5 rounds',
  versions: { postern: '1.0.0', nginx: '1.22.1' },
  absent: { caddy: 'no caddy here' },
  rows: [
    loadRow('proxy', 'postern', { cpu: 30, rate: 20_000 }),
    loadRow('proxy', 'nginx', { cpu: 15, rate: 40_000 }),
    loadRow('proxy', 'fastify', { cpu: 90 }),
    loadRow('proxy-5', 'postern', { cpu: 33, rate: 17_500 }),
    loadRow('preflight', 'postern', { cpu: 30 }),
    loadRow('preflight', 'nginx', { cpu: 10 }),
    loadRow('routes-1', 'postern', { cpu: 30 }),
    loadRow('routes-10000', 'postern', { cpu: 31 }),
    loadRow('workers-1', 'postern', { cpu: 30 }),
    loadRow('workers-2', 'postern', { cpu: 40 }),
    ownRow('gate', { gate: 0.3 }),
    { ...ownRow('start', { 'first answer': 650, rss: 100 }), note: 'a note' },
    ownRow('load-10k', { 'first load': 200, 'stall, first': 19, 'stall, changed': 21, 'failed requests': 0 }),
  ],
  gaps: [
    { case: 'proxy', peer: 'undici', kind: 'not comparable', reason: 'it has no a|b' },
    { case: 'preflight', peer: 'fastify', kind: 'failed', reason: '3 of 100 answers had the wrong status' },
  ],
};
