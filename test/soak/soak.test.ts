// The runner of the soak forms, by its command line.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { forms } from './forms.ts';
import { readResults } from './results.ts';

const ROOT = join(import.meta.dirname, '../..');

const soak = (...words: readonly string[]) =>
  spawnSync(process.execPath, [join(import.meta.dirname, 'soak.ts'), ...words], { encoding: 'utf8' });

test('the runner lists its forms, helps, and exits with 2 on wrong usage', async (t) => {
  t.same(
    soak('--list').stdout.trim().split('\n'),
    forms(ROOT).map(({ name }) => name),
  );
  t.match(soak('--help').stdout, /--only NAME/);
  for (const words of [['--only', 'nothing'], ['--shrt'], ['--seed', 'x'], ['--together', '0']]) {
    const { status, stderr } = soak(...words);
    t.equal(status, 2, words.join(' '));
    t.match(
      stderr,
      /no form nothing; there are: reloads, |--shrt|--seed x is no whole number|--together 0 is no number/,
    );
  }
});

test('every form names files that are there', async (t) => {
  for (const { name, files } of forms(ROOT))
    for (const file of files) t.ok(existsSync(join(ROOT, file)), `${name}: ${file}`);
});

test('a form that runs keeps its figure, with seed, date and machine, and the runner says it as data', async (t) => {
  const out = t.testdir({});
  const { status, stdout, stderr } = soak('--short', '--only', 'drain', '--json', '--seed', '7', '--out', out);
  t.equal(status, 0, stderr);
  t.same(readdirSync(out), ['drain.json']);
  const [result] = readResults(out);
  t.match(result, { name: 'drain', figure: 0, failures: [], seed: 7, full: false, machine: / x .*Node v/ });
  t.ok((result?.denominator ?? 0) > 100);
  t.same(JSON.parse(stdout), [result]);
  t.match(stderr, /seed 7, .*\nok {2,}drain {2,}\d/);
});
