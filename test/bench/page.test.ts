/** The page, its chart and the results behind them. `npm run bench:publish` writes the page and the chart anew. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'tap';
import { chart } from '../../bench/core/chart.ts';
import { withResults } from '../../bench/core/page.ts';
import { readResults } from '../../bench/core/results.ts';
import { MADE } from './made-results.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');

/** Compares with a golden file; `UPDATE=1 npm test -- test/bench/page.test.ts` writes it. */
function golden(name: string, text: string): string {
  const file = join(FIXTURES, name);
  if (process.env['UPDATE'] === '1' || !existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return readFileSync(file, 'utf8');
}

test('the chart is the golden one', async (t) => {
  t.equal(chart(MADE), golden('cost.svg', chart(MADE)));
});

test('the chart holds nothing that a file could bring in', async (t) => {
  t.match(chart(MADE), 'A &lt;fast&gt; &amp; &quot;good&quot; one');
  t.notMatch(chart(MADE), '<fast>');
});

test('a chart of nothing is a chart', async (t) => {
  t.match(chart({ ...MADE, rows: [] }), /^<svg [^]*<\/svg>\n$/);
});

test('the page of a run is the golden one, and what stands around it stays', async (t) => {
  const page = '# Title\n\n<!-- generated: bench -->\nold\n<!-- end -->\n\nafter\n';
  const made = withResults(page, MADE);
  t.equal(made, golden('page.md', made));
  t.equal(withResults(made, MADE), made, 'once more changes nothing');
  t.throws(() => withResults('# Title\n', MADE), /has no <!-- generated: bench -->/);
});

test('what is no result is not published', async (t) => {
  t.throws(() => readResults('{}'), /no results of the bench/);
});

test('docs/performance.md and its chart are what docs/performance/results.json makes', async (t) => {
  const results = readResults(readFileSync('docs/performance/results.json', 'utf8'));
  const page = readFileSync('docs/performance.md', 'utf8');
  t.equal(withResults(page, results), page, 'npm run bench:publish writes it anew');
  t.equal(chart(results), readFileSync('docs/performance/cost.svg', 'utf8'), 'npm run bench:publish writes it anew');
});
