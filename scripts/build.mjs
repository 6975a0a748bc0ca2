// Builds what is published: one run of tsc, then dist/npm/<name> per package with its `exports` rewritten to JavaScript.
// `npm pack` or `npm publish` in such a folder does the rest. An argument names another folder than dist.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = resolve(process.argv[2] ?? `${root}dist`);
process.chdir(root);
rmSync(dist, { recursive: true, force: true });
execFileSync('node_modules/.bin/tsc', ['--project', 'tsconfig.build.json', '--outDir', `${dist}/tsc`], {
  stdio: 'inherit',
});

const folders = ['packages', 'plugins'].flatMap((parent) => readdirSync(parent).map((name) => `${parent}/${name}`));
for (const from of folders) {
  const manifest = JSON.parse(readFileSync(`${from}/package.json`, 'utf8'));
  const to = `${dist}/npm/${manifest.name}`;
  mkdirSync(to, { recursive: true });
  for (const part of ['src', 'bin']) {
    if (existsSync(`${dist}/tsc/${from}/${part}`))
      cpSync(`${dist}/tsc/${from}/${part}`, `${to}/${part}`, { recursive: true });
  }
  const data = readdirSync(from).filter((name) => name === 'version-floor.json' || name === 'template');
  for (const name of data) cpSync(`${from}/${name}`, `${to}/${name}`, { recursive: true });
  if (existsSync(`${from}/README.md`)) cpSync(`${from}/README.md`, `${to}/README.md`);
  cpSync('LICENSE', `${to}/LICENSE`);
  for (const file of Object.values(manifest.bin ?? {})) chmodSync(`${to}/${file}`, 0o755);
  manifest.exports = Object.fromEntries(
    Object.entries(manifest.exports).map(([door, file]) => {
      const at = String(file).replace(/\.ts$/, '');
      return [door, { types: `${at}.d.ts`, default: `${at}.js` }];
    }),
  );
  manifest.files = ['src', 'bin', ...data];
  writeFileSync(`${to}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
  console.log(`${to} ${manifest.version}`);
}
rmSync(`${dist}/tsc`, { recursive: true });
