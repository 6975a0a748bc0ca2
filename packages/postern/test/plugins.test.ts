import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KIT_VERSION } from '@postern/kit';
import { fileSource } from '@postern/source-file';
import { builtinPlugins, DocumentRefused, startGateway } from 'postern';
import { test } from 'tap';
import type { Test } from 'tap';
import { GOOD } from './documents.ts';
import { run } from './spawn.ts';

const KIT = fileURLToPath(import.meta.resolve('@postern/kit'));

/** A plugin of a third party that puts `x-stamp` on answers. */
const stamp = (name: string, more = ''): string => `import { Schema, definePlugin } from ${JSON.stringify(KIT)};
export default definePlugin({
  name: '${name}',
  summary: 'Stamps answers',${more}
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

/** The answer of a document that names this module as its only third-party plugin. */
async function checkWith(t: Test, text: string): Promise<{ readonly code: number | null; readonly out: string }> {
  return run(['check'], { cwd: t.testdir({ 'gateway.yaml': documentWith('[./stamp.mjs]'), 'stamp.mjs': text }) });
}

test('a plugin that was built for another kit is refused at its line, with what was found, what is here, and the mend', async (t) => {
  for (const [kit, fix] of [
    [
      '^99.0.0',
      /^ {2}fix: update postern to a version with @postern\/kit \^99\.0\.0, or install a version of the plugin for/m,
    ],
    [
      '^0.0.1',
      /^ {2}fix: install a version of the plugin for @postern\/kit [\d.]+; of your own: update its @postern\/kit/m,
    ],
  ] as const) {
    const { code, out } = await checkWith(t, stamp('stamp', `\n  kit: '${kit}',`));
    t.equal(code, 1);
    const said = `gateway.yaml:2:13: error: server.plugins[0]: plugin "./stamp.mjs" was built for @postern/kit ${kit}, and this gateway has ${KIT_VERSION} [plugins/kit-version]`;
    t.ok(out.startsWith(said), out);
    t.match(out, fix);
  }
});

test('a kit that is no range of versions is the same issue, also where nothing else is that of a plugin', async (t) => {
  for (const module of [
    stamp('stamp', "\n  kit: 'the newest',"),
    "export default { kit: 'the newest' };",
    'export default { kit: 7 };',
  ]) {
    const { code, out } = await checkWith(t, module);
    t.equal(code, 1);
    t.match(out, /which is no range of versions \[plugins\/kit-version\]\n {2}fix: .*kit: '\^[\d.]+'/);
  }
});

test('a plugin for several kits says so, and one that was made without definePlugin says nothing: both are taken', async (t) => {
  const plain = `export default {
  name: 'stamp', summary: 'Stamps', single: false, owns: [], preflight: false, guards: () => false,
  config: { type: 'object', additionalProperties: true }, compile: () => ({}),
};`;
  for (const module of [stamp('stamp', `\n  kit: '^0.0.9 || ^${KIT_VERSION}',`), plain])
    t.equal((await checkWith(t, module)).out, '');
});

test('what has a member of a plugin in another shape is none', async (t) => {
  for (const member of ['credential: null', 'credentialId: 1', 'traits: []', 'writes: {}', 'credentials: []']) {
    const { out } = await checkWith(
      t,
      `export default { name: 'stamp', summary: '', single: false, owns: [], preflight: false, guards: () => false,
  config: {}, compile: () => ({}), ${member} };`,
    );
    t.match(out, /\[plugins\/not-a-plugin\]/, member);
  }
});
