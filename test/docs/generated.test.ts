/** Pages and files that are made of the code. `UPDATE=1 npm test -- test/docs/generated.test.ts` writes them anew. */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { documentSchema, issueCodes } from '@postern/config';
import { builtinPlugins } from 'postern';
import { test } from 'tap';

const update = process.env['UPDATE'] === '1';

function inStep(file: string, text: string): boolean {
  if (update) writeFileSync(file, text);
  return readFileSync(file, 'utf8') === text;
}

test('gateway.schema.json is the schema of the code', async (t) => {
  const text = `${JSON.stringify(documentSchema(builtinPlugins), null, 2)}\n`;
  t.ok(inStep('gateway.schema.json', text), 'UPDATE=1 writes it anew');
  for (const { name } of builtinPlugins) t.match(text, `"const": "${name}"`);
});

test('docs/issues.md lists the catalogue of issues', async (t) => {
  const rows = Object.entries(issueCodes).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  const made = `<!-- generated: issues -->\n\n| code | meaning |\n|---|---|\n${rows.join('\n')}\n\n<!-- end -->`;
  const page = readFileSync('docs/issues.md', 'utf8').replace(
    /<!-- generated: issues -->[^]*?<!-- end -->/,
    () => made,
  );
  t.ok(inStep('docs/issues.md', page), 'UPDATE=1 writes it anew');
});

test('docs/issues.md has every code that the sources can give, and no other', async (t) => {
  const page = readFileSync('docs/issues.md', 'utf8');
  const sources = globSync('{packages,plugins}/*/src/**/*.ts')
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const areas = [
    'admin',
    'control',
    'cors',
    'gate',
    'gateway',
    'headers',
    'plugin',
    'plugins',
    'policy',
    'request-id',
    'signature',
    'source',
    'upstream',
  ];
  const literal = new RegExp(`'((?:${areas.join('|')})/[a-z]+(?:-[a-z]+)*)'`, 'g');
  const used = new Set([...sources.matchAll(literal)].map(([, code = '']) => code));
  // The plugin cors puts the codes of origin entries together.
  for (const [, reason] of sources.matchAll(/reject\(\s*'([a-z-]+)'/g)) used.add(`cors/${reason}`);
  const reasons = readFileSync('plugins/cors/src/refusal.ts', 'utf8');
  for (const [, reason] of reasons.matchAll(/^ {2}'([a-z-]+)': '/gm)) used.add(`cors/${reason}`);
  const listed = new Set(
    [...page.matchAll(/`([a-z-]+\/[a-z-]+)`/g)].map(([, code = '']) => code).filter((code) => !(code in issueCodes)),
  );
  t.same(
    [...used].filter((code) => !listed.has(code) && !(code in issueCodes)),
    [],
    'codes that the page lacks',
  );
  t.same(
    [...listed].filter((code) => !used.has(code)),
    [],
    'codes that no source gives',
  );
});
