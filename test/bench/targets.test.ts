import { test } from 'tap';
import { targetTable } from '../../bench/core/target-table.ts';
import { judge } from '../../bench/core/targets.ts';
import { MADE } from './made-results.ts';

const verdicts = judge(MADE);
const verdict = (what: string) => {
  const found = verdicts.find(({ target }) => target.what === what);
  return [found?.value === undefined ? undefined : Number(found.value.toFixed(3)), found?.said];
};

test('a ratio is one median through another of the same run', async (t) => {
  t.same(verdict('proxy: CPU against nginx'), [2, 'met']);
  t.same(verdict('proxy: CPU against fastify'), [0.333, 'met']);
  t.same(verdict('proxy-5: CPU against cors alone'), [1.1, 'met']);
  t.same(verdict('proxy-5: throughput against cors alone'), [0.875, 'met']);
});

test('a figure beyond its limit is missed', async (t) => {
  t.same(verdict('preflight: CPU against nginx'), [3, 'missed']);
  t.same(verdict('two workers against one'), [1.5, 'missed']);
});

test('an aim that is reached is said', async (t) => {
  t.same(verdict('10,000 routes, text to serving'), [200, 'aim met']);
});

test('what was not measured is neither met nor missed', async (t) => {
  t.same(verdict('proxy: CPU against caddy'), [undefined, 'not measured']);
  t.same(verdict('throughput at 100,000 routes against 1'), [undefined, 'not measured']);
});

test('throughput at many routes is judged by the cost of a request', async (t) => {
  t.same(verdict('throughput at 10,000 routes against 1'), [0.968, 'met']);
});

test('the gate is judged by its share of a request', async (t) => {
  t.same(verdict('the gate: share of a proxied GET with cors'), [1, 'met']);
});

test('the longest stall of all loads counts', async (t) => {
  t.same(verdict('10,000 routes, longest stall'), [21, 'missed']);
});

test('no failed request is within a limit of none', async (t) => {
  t.same(verdict('10,000 routes, failed requests'), [0, 'met']);
});

test('the table has a line for each target', async (t) => {
  const lines = targetTable(verdicts).split('\n');
  t.equal(lines.length, verdicts.length + 1);
  t.match(lines[1], /^proxy: CPU against nginx +2\.00 x +≤ 2\.3 +≤ 1\.7 +met$/);
});
