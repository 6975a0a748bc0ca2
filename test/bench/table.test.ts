import { test } from 'tap';
import { caseTable, columns, short, shown } from '../../bench/core/table.ts';
import { headLines, methodOf } from '../../bench/core/head.ts';
import { MADE } from './made-results.ts';

test('numbers have three digits, or all before the point', async (t) => {
  t.same([0, 0.123, 12.34, 123.4, 1234.5, 1_234_567].map(short), ['0', '0.12', '12.3', '123', '1,235', '1,234,567']);
  t.equal(short(Number.NaN), '-');
});

test('a range is shown where there is one', async (t) => {
  t.equal(shown({ unit: '', median: 2, min: 1, max: 3 }), '2.00 (1.00-3.00)');
  t.equal(shown({ unit: '', median: 2, min: 2, max: 2 }), '2.00');
});

test('the first column stands to the left, numbers to the right', async (t) => {
  t.equal(
    columns([
      ['a', 'bb'],
      ['long', 'c'],
    ]),
    'a     bb\nlong   c',
  );
});

test('a case names who was measured, who was not, and why', async (t) => {
  t.equal(
    caseTable({ name: 'proxy', what: 'a GET' }, MADE),
    `proxy: a GET
             cpu µs/request  rate requests/s  p50 ms  p99 ms  rss MiB  x nginx
  postern  30.0 (27.0-36.0)           20,000    1.25    12.5     64.0     2.00
  nginx    15.0 (13.5-18.0)           40,000    1.25    12.5     64.0     1.00
  fastify   90.0 (81.0-108)            1,000    1.25    12.5     64.0     6.00
  undici: not comparable: it has no a|b`,
  );
});

test('a row that failed cannot be overlooked', async (t) => {
  t.match(caseTable({ name: 'preflight', what: '' }, MADE), /\n {2}fastify: FAILED: 3 of 100 answers/);
});

test('a case of Postern alone has its notes and no ratio to nginx', async (t) => {
  const text = caseTable({ name: 'start', what: 'a start' }, MADE);
  t.match(text, '\n  postern: a note');
  t.notMatch(text, 'nginx');
});

test('a case that nobody could do has its reasons alone', async (t) => {
  const gaps = [{ case: 'h2', peer: 'all', kind: 'not comparable', reason: 'no h2load here' }] as const;
  t.equal(caseTable({ name: 'h2', what: '' }, { rows: [], gaps }), 'h2: \n  all: not comparable: no h2load here');
});

test('machine, method, versions and what is missing stand above', async (t) => {
  const lines = headLines(MADE);
  t.match(lines[0], '2026-01-02, 2 cores (A <fast>');
  t.ok(lines.includes('nginx 1.22.1'));
  t.ok(lines.includes('ABSENT caddy: no caddy here'));
  const options = { quick: false, peers: [], cases: [], rounds: 1, turn: 1000, warmUp: 1000, out: undefined };
  t.match(methodOf(options, 'nginx'), /^1 round in turns, 1 s a turn after 1 s of warm-up; 64 connections/);
});
