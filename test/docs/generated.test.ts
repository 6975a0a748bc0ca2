/** Pages and files that are made of the code. `UPDATE=1 npm test -- test/docs/generated.test.ts` writes them anew. */
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { documentSchema, issueCodes } from '@postern/config';
import { builtinPlugins } from 'postern';
import { test } from 'tap';
import { INDEX, indexOf, linksOf, pageOf, pathOf, readmeOf } from './plugin-pages.ts';

const update = process.env['UPDATE'] === '1';

interface Keyed {
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Keyed>>;
  readonly items?: Keyed;
}

/** A table for each part of the document, a row for each key below it. */
function referenceOf(schema: Keyed): string {
  let text = '';
  for (const [part, below] of Object.entries(schema.properties ?? {})) {
    const rows = rowsOf(below, part);
    text += `## ${part}\n\n${below.description ?? ''}\n\n| key | meaning | default |\n|---|---|---|\n${rows.join('\n')}\n\n`;
  }
  return text;
}

function rowsOf(schema: Keyed, path: string): readonly string[] {
  const members = schema.items?.properties === undefined ? undefined : schema.items;
  const at = members === undefined ? path : `${path}.*`;
  const { properties, required = [] } = members ?? schema;
  return Object.entries(properties ?? {}).flatMap(([key, below]) => {
    const fallback =
      below.default === undefined ? (required.includes(key) ? 'required' : '') : `\`${JSON.stringify(below.default)}\``;
    const example = below.examples?.[0] === undefined ? '' : ` For example \`${JSON.stringify(below.examples[0])}\`.`;
    const words = `${below.description ?? ''}${example}`.replaceAll('|', '\\|');
    return [`| \`${at}.${key}\` | ${words} | ${fallback} |`, ...rowsOf(below, `${at}.${key}`)];
  });
}

function inStep(file: string, text: string): boolean {
  if (update) writeFileSync(file, text);
  return existsSync(file) && readFileSync(file, 'utf8') === text;
}

test('gateway.schema.json is the schema of the code', async (t) => {
  const text = `${JSON.stringify(documentSchema(builtinPlugins), null, 2)}\n`;
  t.ok(inStep('gateway.schema.json', text), 'UPDATE=1 writes it anew');
  for (const { name } of builtinPlugins) t.match(text, `"const": "${name}"`);
});

test('docs/reference.md has every key of a document', async (t) => {
  const text = `<!-- Generated from the schemas of the code: \`UPDATE=1 npm test -- test/docs/generated.test.ts\`. -->

# Reference: every key of a document

\`*\` stands for the members of a list. A value may hold \`\${env:NAME}\`, \`\${env:NAME:-default}\` and \`\${file:path}\`. The config of a policy, and
what a credential of a consumer is, stand on the page of the plugin: [plugins](plugins/README.md).

${referenceOf(documentSchema(builtinPlugins))}
## Lists of policies

| entry | stands for |
|---|---|
| \`web-cors\` | the policy of that name |
| \`inherit\` | where the list of the wider level runs; without it, that list runs first |
| \`{ select: { team: web } }\` | every policy with those labels, in document order |
| \`{ policy: web-cors, mode: off }\` | the policy, with another mode in this list; a \`select\` takes one too |
| \`{ policy: web-cors, when: "request.method == 'GET'" }\` | the policy, where that holds; a \`select\` takes one too: [policies.md](policies.md) |

## Not supported yet

These are refused with \`document/not-supported-yet\`, so that nothing that is written is left undone in silence:
\`when\` on a group or a route; put it on the entries of its list.
`;
  t.ok(inStep('docs/reference.md', text), 'UPDATE=1 writes it anew');
});

test('docs/plugins has a page for each plugin, of its schema and its README, and a table of all', async (t) => {
  if (update) mkdirSync('docs/plugins', { recursive: true });
  const pages = builtinPlugins.map(pathOf);
  // Twice: the first time makes the pages that links of others lead to.
  for (const plugin of update ? [...builtinPlugins, ...builtinPlugins] : builtinPlugins)
    t.ok(inStep(pathOf(plugin), pageOf(plugin)), `${plugin.name}: UPDATE=1 writes it anew`);
  t.ok(inStep(INDEX, indexOf(builtinPlugins)), 'UPDATE=1 writes it anew');
  t.same(globSync('docs/plugins/*.md').toSorted(), [...pages, INDEX].toSorted(), 'no page of a plugin that is gone');
  for (const page of [...pages, INDEX]) for (const file of linksOf(page)) t.ok(existsSync(file), `${page} -> ${file}`);
});

test('every key of a plugin is described, and its README has each', async (t) => {
  for (const plugin of builtinPlugins) {
    const { name, config, credential } = plugin;
    const readme = readmeOf(plugin);
    for (const schema of [config, ...(credential === undefined ? [] : [credential])])
      for (const [key, below] of Object.entries((schema as Keyed).properties ?? {})) {
        t.match(readme, new RegExp(`[\`.]${key}\\b`), `the README of ${name} has ${key}`);
        t.ok(described(below), `${name}: ${key} has a description`);
      }
  }
});

/** Of a map its keys may say it all. */
function described({ description, properties = {} }: Keyed): boolean {
  const below = Object.values(properties);
  return description !== undefined || (below.length > 0 && below.every(described));
}

test('docs/issues.md lists the catalogue of issues', async (t) => {
  const rows = Object.entries(issueCodes).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  const made = `<!-- generated: issues -->\n\n| code | meaning |\n|---|---|\n${rows.join('\n')}\n\n<!-- end -->`;
  const page = readFileSync('docs/issues.md', 'utf8').replace(
    /<!-- generated: issues -->[^]*?<!-- end -->/,
    () => made,
  );
  t.ok(inStep('docs/issues.md', page), 'UPDATE=1 writes it anew');
});

test('docs/issues.md, or the README of its plugin, has every code that the sources can give, and no other', async (t) => {
  const page = readFileSync('docs/issues.md', 'utf8');
  const sources = globSync('{packages,plugins}/*/src/**/*.ts')
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const plugins = globSync('plugins/*/README.md').map((file) => file.split(/[\\/]/)[1] ?? '');
  const areas = [
    ...plugins,
    'admin',
    'control',
    'gate',
    'gateway',
    'plugin',
    'plugins',
    'policy',
    'require',
    'server',
    'signature',
    'source',
    'template',
    'tests',
    'upstream',
  ];
  const literal = new RegExp(`['"]((?:${areas.join('|')})/[a-z]+(?:-[a-z]+)*)['"]`, 'g');
  const used = new Set([...sources.matchAll(literal)].map(([, code = '']) => code));
  // The plugin cors puts the codes of origin entries together.
  for (const [, reason] of sources.matchAll(/reject\(\s*'([a-z-]+)'/g)) used.add(`cors/${reason}`);
  const reasons = readFileSync('plugins/cors/src/refusal.ts', 'utf8');
  for (const [, reason] of reasons.matchAll(/^ {2}'([a-z-]+)': '/gm)) used.add(`cors/${reason}`);
  // What requests and responses share of their transformations comes with the name of the plugin that asks.
  const shared = globSync('{packages/kit/src/field-names,packages/message-rules/src/*}.ts')
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  for (const [, reason = ''] of shared.matchAll(/\breason: '([a-z-]+)'/g)) {
    if (reason !== 'cors-owned') used.add(`transform-request/${reason}`);
    if (reason !== 'host') used.add(`transform-response/${reason}`);
  }
  const codesOf = (text: string): readonly string[] =>
    [...text.matchAll(/`([a-z-]+\/[a-z-]+)`/g)].map(([, code = '']) => code).filter((code) => !(code in issueCodes));
  const own = plugins.flatMap((name) =>
    codesOf(readFileSync(`plugins/${name}/README.md`, 'utf8')).filter((code) => code.startsWith(`${name}/`)),
  );
  const listed = new Set([...codesOf(page), ...own]);
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
