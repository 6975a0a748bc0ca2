/**
 * More than 200 mistakes, one at a time in one document: is the first thing that is said in the right place, and is its mend the
 * right one? `UPDATE=1` writes docs/mistakes.md anew; the score there is what this test counted.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { documentSchema } from '@postern/config';
import { builtinPlugins } from 'postern';
import { test } from 'tap';
import { base, parts } from './all.ts';
import { page } from './page.ts';
import { diagnose, issuesIn, seed } from './seeded.ts';

const update = process.env['UPDATE'] === '1';
const all = parts.flatMap(([part, mistakes]) =>
  mistakes.map((mistake) => ({ part, mistake, diagnosis: diagnose(mistake) })),
);

test('the document without a mistake has no issue', async (t) => {
  t.same(issuesIn(base), []);
});

test('there are at least 200 mistakes, each another text, and each is said to be one', async (t) => {
  const texts = new Set(all.map(({ mistake }) => seed(mistake).text));
  t.ok(texts.size >= 200, `${texts.size}`);
  t.equal(texts.size, all.length);
  t.same(
    all.filter(({ diagnosis }) => diagnosis.said === undefined).map(({ mistake }) => mistake[2]),
    [],
  );
});

test('every key that a document may have is in the base, and a mistake is made in its line', async (t) => {
  const keys = new Set<string>();
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, below] of Object.entries(value)) {
      if (key === 'properties') for (const name of Object.keys(Object(below))) keys.add(name);
      collect(below);
    }
  };
  // Of plugins those that the document uses: the rows of the others' own tests have their keys.
  const used = builtinPlugins.filter(({ name }) => base.includes(`plugin: ${name}\n`));
  collect(documentSchema(used));
  const made = all.map(({ mistake }) => `${mistake[1]} ${mistake[2]} ${mistake[3]}`).join('\n');
  // The document shows the other way to combine all origins with credentials: it cannot have both.
  keys.delete('anyOriginWithCredentials');
  t.same(
    [...keys].filter((key) => !base.includes(`${key}:`) || !made.includes(key)),
    [],
  );
});

test('at least 95 % of the mistakes are located at their line and column, and 80 % have the right mend', async (t) => {
  const located = all.filter(({ diagnosis }) => diagnosis.located);
  const mended = all.filter(({ diagnosis }) => diagnosis.mended);
  t.comment(`${all.length} mistakes: ${located.length} located, ${mended.length} with the right mend`);
  t.ok(located.length >= all.length * 0.95, `${located.length} of ${all.length}`);
  t.ok(mended.length >= all.length * 0.8, `${mended.length} of ${all.length}`);
});

test('docs/mistakes.md has the list and the score', async (t) => {
  const text = page(all);
  const file = 'docs/mistakes.md';
  if (update) writeFileSync(file, text);
  t.ok(existsSync(file) && readFileSync(file, 'utf8') === text, 'UPDATE=1 writes it anew');
});
