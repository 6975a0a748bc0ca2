// Lint forbids Date.now, Math.random and fetch in plugins; it has no rule for the clock inside `new Date()`.
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('no plugin reads the clock by a Date without argument', async (t) => {
  const files = globSync('plugins/*/src/**/*.ts', { cwd: root });
  t.ok(files.length > 0, 'there are plugins to look at');
  for (const file of files) {
    const lines = readFileSync(root + file, 'utf8').split('\n');
    const found = lines.flatMap((line, at) =>
      /\bDate\(\s*\)|\bnew Date\b(?!\s*\()/.test(line) ? [`${file}:${at + 1}`] : [],
    );
    t.same(found, []);
  }
});
