import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileSource } from '@postern/source-file';
import { builtinPlugins, DocumentRefused, startGateway } from 'postern';
import { test } from 'tap';
import { GOOD } from './documents.ts';
import { run } from './spawn.ts';

const KIT = fileURLToPath(import.meta.resolve('@postern/kit'));

/** A plugin of a third party that puts `x-stamp` on answers. */
const stamp = (name: string): string => `import { Schema, definePlugin } from ${JSON.stringify(KIT)};
export default definePlugin({
  name: '${name}',
  summary: 'Stamps answers',
  config: Schema.Object({ text: Schema.String() }),
  compile: (config) => ({ response: (exchange) => exchange.response.headers.set('x-stamp', config.text) }),
});
`;

/** The good document with entries of \`server.plugins\` and a policy of plugin stamp. */
function documentWith(plugins: string, config = '{ text: hello }'): string {
  return GOOD.replace('server:\n', `server:\n  plugins: ${plugins}\n`)
    .replace('apiGroups:', `  - { name: stamped, plugin: stamp, config: ${config} }\napiGroups:`)
    .replace('[tag, inherit]', '[tag, stamped, inherit]');
}

const QUIET = { info: () => undefined, warn: () => undefined, error: () => undefined, write: () => undefined };

test('runs a plugin from a path relative to the document', async (t) => {
  const folder = t.testdir({
    'gateway.yaml': documentWith('[./plugins/stamp.mjs]'),
    plugins: { 'stamp.mjs': stamp('stamp') },
  });
  const gateway = await startGateway({
    source: fileSource(join(folder, 'gateway.yaml')),
    plugins: builtinPlugins,
    log: QUIET,
  });
  t.teardown(() => gateway.close());
  const answer = await fetch(`http://127.0.0.1:${gateway.listeners[0]?.port}/shop/items`);
  t.equal(answer.headers.get('x-stamp'), 'hello');
});

test('runs a plugin from a package installed beside the document', async (t) => {
  const folder = t.testdir({ 'gateway.yaml': documentWith('\n    - "@acme/stamp"') });
  const home = join(folder, 'node_modules', '@acme', 'stamp');
  await mkdir(home, { recursive: true });
  await writeFile(join(home, 'package.json'), '{ "name": "@acme/stamp", "type": "module", "exports": "./stamp.mjs" }');
  await writeFile(join(home, 'stamp.mjs'), stamp('stamp'));
  t.strictSame(await run(['check'], { cwd: folder }), { code: 0, out: '', err: 'gateway.yaml: no issues\n' });
});

test('checks the config of such a plugin like that of any other', async (t) => {
  const cwd = t.testdir({
    'gateway.yaml': documentWith('[./stamp.mjs]', '{ txt: hello }'),
    'stamp.mjs': stamp('stamp'),
  });
  const { code, out } = await run(['check'], { cwd });
  t.equal(code, 1);
  t.match(out, /^gateway\.yaml:11:\d+: error: .*txt.*\n {2}fix: .*text/m);
});

test('refuses a plugin that cannot be loaded, is none, or takes the name of another, at its line and with the mend', async (t) => {
  const files = {
    'none.mjs': 'export default 1;',
    'throws.mjs': 'throw new Error("bad day");',
    'cors.mjs': stamp('cors'),
  };
  for (const [plugins, code, message] of [
    ['./nowhere.mjs', 'plugins/not-loadable', /cannot be loaded/],
    ['no-such-package-at-all', 'plugins/not-loadable', /cannot be loaded/],
    ['./throws.mjs', 'plugins/not-loadable', /bad day/],
    ['./none.mjs', 'plugins/not-a-plugin', /does not export a plugin as its default/],
    ['./cors.mjs', 'plugins/name-taken', /there is a plugin named cors already/],
  ] as const) {
    const folder = t.testdir({ ...files, 'gateway.yaml': documentWith(`[${plugins}]`) });
    const starting = startGateway({
      source: fileSource(join(folder, 'gateway.yaml')),
      plugins: builtinPlugins,
      log: QUIET,
    });
    const refused: unknown = await starting.catch((error: unknown) => error);
    if (!(refused instanceof DocumentRefused)) throw new Error(`${plugins} is not refused: ${String(refused)}`);
    t.match(refused.issues, [
      { severity: 'error', code, message, line: 2, column: 13, pointer: '/server/plugins/0', fix: /./ },
    ]);
  }
});

test('says what else is wrong with a document before it loads any code', async (t) => {
  const folder = t.testdir({
    'gateway.yaml': `${documentWith('[./throws.mjs]')}polices: []\n`,
    'throws.mjs': 'throw new Error("loaded");',
  });
  const { out } = await run(['check'], { cwd: folder });
  t.match(out, /polices/);
  t.notMatch(out, /loaded/);
});

test('loads no code that only a reload names', async (t) => {
  const folder = t.testdir({
    'gateway.yaml': GOOD,
    'stamp.mjs': `globalThis.stampWasLoaded = true;\n${stamp('stamp')}`,
  });
  const file = join(folder, 'gateway.yaml');
  const gateway = await startGateway({ source: fileSource(file), plugins: builtinPlugins, log: QUIET });
  t.teardown(() => gateway.close());
  await writeFile(file, documentWith('[./stamp.mjs]'));
  while (gateway.control().refusal === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  t.match(gateway.control().refusal?.issues, [{ message: /stamp/, line: 11 }]);
  t.equal('stampWasLoaded' in globalThis, false);
});

test('a plugin linked into node_modules is found through its link', async (t) => {
  const folder = t.testdir({
    'gateway.yaml': documentWith('[linked-stamp]'),
    source: { 'index.mjs': stamp('stamp'), 'package.json': '{ "name": "linked-stamp", "main": "index.mjs" }' },
  });
  const link = join(folder, 'node_modules', 'linked-stamp');
  await mkdir(dirname(link), { recursive: true });
  await symlink('../source', link);
  t.equal((await run(['check'], { cwd: folder })).code, 0);
});
