// What docs/reliability.md says of faults and soak runs.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import type { SoakResult } from './form.ts';
import { rowsSection, soakSection } from './page.ts';
import { ROWS } from './rows.ts';

const RESULT: SoakResult = {
  name: 'drain',
  title: 'requests lost',
  figure: 0,
  unit: 'requests',
  denominator: 12_345,
  most: 0,
  failures: [],
  seed: 7,
  seconds: 61.5,
  date: '2026-01-02T03:04:05.000Z',
  machine: 'one',
  full: true,
  remarks: '100 runs',
};

test('each row of faults stands once, and names files that are there', async (t) => {
  const ids = ROWS.map(({ id }) => id);
  t.same(ids, [...new Set(ids)]);
  const wanted = { N: 14, M: 3, D: 6, U: 7, P: 9, G: 7, A: 2 };
  t.same(
    ids,
    Object.entries(wanted).flatMap(([letter, count]) => Array.from({ length: count }, (_, at) => `${letter}${at + 1}`)),
  );
  for (const { id, tests, proven, remark } of ROWS) {
    for (const file of tests) t.ok(existsSync(join(import.meta.dirname, '../..', file)), `${id}: ${file}`);
    t.equal(tests.length === 0, proven === 'no', `${id}: what is proven has a test`);
    if (proven !== 'yes') t.not(remark, '', `${id} says what is missing`);
  }
});

test('rows that are not proven are said so plainly', async (t) => {
  const text = rowsSection([
    { id: 'X1', fault: 'one', proven: 'yes', tests: ['test/faults/a.test.ts'], remark: '' },
    { id: 'X2', fault: 'two', proven: 'no', tests: [], remark: 'nobody tried' },
  ]);
  t.match(text, '1 of 2 rows are proven, 0 in part, 1 are not.');
  t.match(text, '| X1 | one | yes | [faults/a](../test/faults/a.test.ts) |  |');
  t.match(text, '| X2 | two | **no** |  | nobody tried |');
});

test('a figure has its denominator, date, machine and failures; what was not run in full is no figure', async (t) => {
  t.match(soakSection([]), '| drain | requests lost in ends by SIGTERM under load | not run in full yet |');
  t.match(soakSection([{ ...RESULT, full: false }]), '| drain | requests lost in ends by SIGTERM under load | not run');
  const text = soakSection([RESULT]);
  t.match(text, '| drain | requests lost | 0 requests of 12,345 | 0 requests | yes | 2026-01-02, 61.5 s, seed 7 |');
  t.match(text, '- drain: 100 runs\n\nMeasured on one.');
  t.notMatch(text, 'What failed');
  const failed = soakSection([
    { ...RESULT, figure: 2, failures: ['n1', 'n2'] },
    { ...RESULT, name: 'fuzz' },
  ]);
  t.match(failed, '| 2 requests of 12,345 | 0 requests | **no** |');
  t.match(failed, '| fuzz | requests lost |');
  t.match(failed, 'What failed:\n\n- drain: n1\n- drain: n2');
  t.match(
    soakSection([{ ...RESULT, figure: 6, most: 5 }]),
    '**no**',
    'over what it may be is no, whatever else it says',
  );
});
