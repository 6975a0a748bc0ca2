import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from '@postern/kit';
import { KIT_VERSION } from '@postern/kit';
import { tryPlugin } from '@postern/kit/testkit';
import { test } from 'tap';
import { run } from './spawn.ts';

/** Files of a folder, all in all. */
function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

for (const { flags, ending, more } of [
  { flags: [], ending: 'ts', more: ['tsconfig.build.json', 'tsconfig.json'] },
  { flags: ['--js'], ending: 'js', more: [] },
])
  test(`postern new plugin ${flags.join('')} writes a plugin that works, under its own name everywhere`, async (t) => {
    const cwd = t.testdir({});
    const { code, out } = await run(['new', 'plugin', 'old-clients', ...flags], { cwd });
    t.equal(code, 0);
    t.equal(out, 'old-clients/ is written. Next: cd old-clients, then npm install, then npm test\n');
    const folder = join(cwd, 'old-clients');
    const files = [
      '.gitignore',
      'README.md',
      'package.json',
      `src/index.${ending}`,
      `test/index.test.${ending}`,
      ...more,
    ];
    t.same(filesOf(folder), files.toSorted());
    for (const file of filesOf(folder)) t.notMatch(readFileSync(join(folder, file), 'utf8'), 'my-policy', file);
    t.match(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')), {
      name: 'postern-plugin-old-clients',
      peerDependencies: { '@postern/kit': `^${KIT_VERSION}` },
      scripts: { test: 'node --test' },
    });
    const { default: plugin }: { default: Plugin } = await import(join(folder, `src/index.${ending}`));
    t.equal(plugin.name, 'old-clients');
    const answer = await tryPlugin(plugin, { config: { versions: ['1'] } }).send();
    t.match(answer, { status: 400, steps: [{ code: 'old-clients/not-served' }] });
    const [, document = ''] = /```yaml\n([^]*?)```/.exec(readFileSync(join(folder, 'README.md'), 'utf8')) ?? [];
    t.match(document, `plugins: [./old-clients/src/index.${ending}]`);
  });

test('nothing is overwritten', async (t) => {
  const cwd = t.testdir({ mine: { 'notes.txt': 'mine' }, other: 'a file' });
  for (const name of ['mine', 'other']) {
    const { code, out, err } = await run(['new', 'plugin', name], { cwd });
    t.equal(code, 1);
    t.equal(out, '');
    t.equal(
      err,
      `postern: ${name} is not written: there is something of that name\n  fix: take another name, or move it out of the way\n`,
    );
  }
  t.same(filesOf(join(cwd, 'mine')), ['notes.txt']);
});

test('a name that no plugin can have is wrong usage, and writes nothing', async (t) => {
  const cwd = t.testdir({});
  for (const [name, why] of [
    ['../elsewhere', /A name is made of a-z/],
    ['My-Policy', /A name is made of a-z/],
    ['a'.repeat(64), /at most 63/],
    ['@acme/mine', /A name is made of a-z/],
    ['cors', /There is a plugin cors already, which comes with Postern/],
  ] as const) {
    const { code, err } = await run(['new', 'plugin', name], { cwd });
    t.equal(code, 2, name);
    t.match(err, /^error: no plugin can be named "/);
    t.match(err, why);
  }
  t.notOk(existsSync(join(cwd, '..', 'elsewhere')));
  t.same(readdirSync(cwd), []);
});
