// examples/plugin-sunset as its users have it: installed beside a document, by path and by name, in one process and in several.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';
import type { Test } from 'tap';
import { userFolder } from '../kit/published.ts';
import type { UserFolder } from '../kit/published.ts';
import { until } from '../kit/until.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/plugin-sunset', import.meta.url));
const [, DOCUMENT = ''] = /```yaml\n([^]*?)```/.exec(readFileSync(join(EXAMPLE, 'README.md'), 'utf8')) ?? [];

/** Runs the example's document with the plugin written so; resolves with the URL that it serves at. */
async function serve(user: UserFolder, { plugin, workers = 1 }: { plugin: string; workers?: number }): Promise<string> {
  const text = DOCUMENT.replace('8080', '0').replace(
    'server:\n',
    `server:\n  workers: ${workers}\n  admin: { address: 127.0.0.1:0 }\n`,
  );
  writeFileSync(join(user.folder, 'gateway.yaml'), text.replace('[postern-plugin-sunset]', `["${plugin}"]`));
  const child = user.start('node_modules/.bin/postern run');
  let out = '';
  child.stdout?.setEncoding('utf8').on('data', (more: string) => (out += more));
  const start = (): { listeners: readonly { port: number }[] } | undefined =>
    out
      .split('\n')
      .filter((line) => line.includes('"listeners"'))
      .map((line) => JSON.parse(line))[0];
  await until(
    async () => {
      if (child.exitCode !== null) throw new Error(out);
      return start() !== undefined;
    },
    () => `no start line: ${out}`,
  );
  return `http://127.0.0.1:${start()?.listeners[0]?.port}`;
}

/** The answers that the README promises. */
async function judge(t: Test, url: string): Promise<void> {
  // More than one, so that each worker has some.
  for (const path of ['/v1/a', '/v1/b', '/v1/c', '/v1/d']) {
    const gone = await fetch(url + path, { headers: { connection: 'close' } });
    t.equal(gone.status, 410, path);
    t.equal(gone.headers.get('sunset'), 'Thu, 31 Dec 2020 12:00:00 GMT');
    t.equal(gone.headers.get('deprecation'), '@1593475200');
    t.equal(gone.headers.get('link'), '<https://example.com/docs/v2>; rel="sunset"');
    t.match(await gone.json(), { code: 'sunset/gone', policy: 'v1-ends' });
  }
  const next = await fetch(`${url}/v2/a`);
  t.equal(next.status, 200);
  t.equal(next.headers.get('sunset'), null);
}

test('a plugin from outside serves as its users install it', async (t) => {
  const user = await userFolder(t);
  cpSync(EXAMPLE, join(user.folder, 'plugin-sunset'), { recursive: true });
  await user.run('npm init -y && npm install postern');

  await t.test('from a path, with a copy of the kit of its own', async (t) => {
    await user.run('npm install && npm test', join(user.folder, 'plugin-sunset'));
    await judge(t, await serve(user, { plugin: './plugin-sunset/src/index.js' }));
  });

  await t.test('in two workers', async (t) => {
    await judge(t, await serve(user, { plugin: './plugin-sunset/src/index.js', workers: 2 }));
  });

  await t.test('by the name of its package, as the README says', async (t) => {
    await user.run('npm install ./plugin-sunset');
    await judge(t, await serve(user, { plugin: 'postern-plugin-sunset' }));
  });

  await t.test('from an archive, with the kit of the gateway, in two workers', async (t) => {
    await user.run('npm uninstall postern-plugin-sunset');
    await user.run('(cd plugin-sunset && npm pack) && mv plugin-sunset/*.tgz . && rm -r plugin-sunset');
    await user.run('npm install ./postern-plugin-sunset-0.1.0.tgz');
    await judge(t, await serve(user, { plugin: 'postern-plugin-sunset', workers: 2 }));
  });

  await t.test('not where it was built for another kit: npm and the gateway both say so', async (t) => {
    const file = join(user.folder, 'node_modules/postern-plugin-sunset/src/index.js');
    writeFileSync(file, readFileSync(file, 'utf8').replace("name: 'sunset',", "name: 'sunset',\n  kit: '^9.0.0',"));
    const said = await user.run('! npx postern check');
    t.match(
      said,
      /^gateway\.yaml:6:\d+: error: server\.plugins\[0\]: plugin "postern-plugin-sunset" was built for @postern\/kit \^9\.0\.0/,
    );
    t.match(said, /\[plugins\/kit-version\]\n {2}fix: update postern/);
    await user.run('mkdir newer && cd newer && tar xzf ../postern-plugin-sunset-0.1.0.tgz');
    const manifest = join(user.folder, 'newer/package/package.json');
    const text = readFileSync(manifest, 'utf8');
    writeFileSync(manifest, text.replace(/("peerDependencies": \{\s*"@postern\/kit": )"\^0\.1\.0"/, '$1"^9.0.0"'));
    await user.run('tar czf newer.tgz -C newer package');
    t.match(await user.run('! npm install ./newer.tgz 2>&1'), /ERESOLVE|ETARGET/);
  });
});
