import { test } from 'tap';
import { faultyTurn, rowOf } from '../../bench/core/row.ts';

const turn = { requests: 100, perSecond: 50, p50: 1, p99: 9, refused: 0, broken: 0, cpu: 20, rss: 2 * 1024 * 1024 };

test('a row has the median of every figure with its range', async (t) => {
  const row = rowOf('proxy', 'nginx', [turn, { ...turn, cpu: 30 }, { ...turn, cpu: 10 }]);
  t.same([row.case, row.peer, Object.keys(row.figures)], ['proxy', 'nginx', ['cpu', 'rate', 'p50', 'p99', 'rss']]);
  t.same(row.figures['cpu'], { unit: 'µs/request', median: 20, min: 10, max: 30 });
  t.same(row.figures['rss'], { unit: 'MiB', median: 2, min: 2, max: 2 });
});

test('a turn whose answers are all right is good', async (t) => {
  t.equal(faultyTurn({ refused: false }, turn), undefined);
  t.equal(faultyTurn({ refused: true }, { ...turn, refused: 100 }), undefined);
});

test('a turn with broken connections, wrong answers or none is worth nothing', async (t) => {
  t.match(faultyTurn({ refused: false }, { ...turn, broken: 2 }), /^2 connections broke/);
  t.equal(faultyTurn({ refused: false }, { ...turn, refused: 1 }), '1 of 100 answers had the wrong status');
  t.equal(faultyTurn({ refused: true }, { ...turn, refused: 99 }), '1 of 100 answers had the wrong status');
  t.equal(faultyTurn({ refused: false }, { ...turn, requests: 0 }), 'no request was answered');
});
