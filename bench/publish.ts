/**
 * Puts the results of a run on the page docs/performance.md: `npm run bench:publish -- FILE`; without a file, what is on the
 * page already is written anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chart } from './core/chart.ts';
import { withResults } from './core/page.ts';
import { readResults } from './core/results.ts';

const docs = join(import.meta.dirname, '../docs');
const results = readResults(readFileSync(process.argv[2] ?? join(docs, 'performance/results.json'), 'utf8'));
const page = readFileSync(join(docs, 'performance.md'), 'utf8');
writeFileSync(join(docs, 'performance/results.json'), `${JSON.stringify(results, null, 2)}\n`);
writeFileSync(join(docs, 'performance/cost.svg'), chart(results));
writeFileSync(join(docs, 'performance.md'), withResults(page, results));
console.log('docs/performance.md, docs/performance/results.json and docs/performance/cost.svg are written');
