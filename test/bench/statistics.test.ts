import { test } from 'tap';
import { percentile, spreadOf } from '../../bench/core/statistics.ts';

test('the median of an odd number of values is the one in the middle', async (t) => {
  t.same(spreadOf([9, 1, 5]), { median: 5, min: 1, max: 9 });
});

test('the median of an even number of values is between the two in the middle', async (t) => {
  t.same(spreadOf([4, 1, 2, 8]), { median: 3, min: 1, max: 8 });
});

test('values are ordered as numbers, and those that were given stay as they are', async (t) => {
  const values = [100, 20, 3];
  t.same(spreadOf(values), { median: 20, min: 3, max: 100 });
  t.same(values, [100, 20, 3]);
});

test('of nothing there is no median', async (t) => {
  t.same(spreadOf([]), { median: Number.NaN, min: Number.NaN, max: Number.NaN });
  t.ok(Number.isNaN(percentile([], 0.5)));
});

test('a percentile is a value that was measured', async (t) => {
  const values = Array.from({ length: 100 }, (_, at) => 100 - at);
  t.equal(percentile(values, 0.5), 51);
  t.equal(percentile(values, 0.99), 100);
  t.equal(percentile(values, 1), 100);
});
