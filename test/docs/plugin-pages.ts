// The pages in docs/plugins/ are made of what each plugin says of itself: its schemas, and its README.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from '@postern/kit';
import { rowsOf } from './schema-rows.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGES = 'docs/plugins';

/** The columns of the table under "## Elsewhere" of each README. A dash: nothing of the kind. */
const GATEWAYS = ['Kong', 'APISIX', 'Traefik', 'Envoy Gateway', 'UnifyApps'];

/** The folder of a built-in plugin, from the root. */
function folderOf({ name }: Plugin): string {
  return `plugins/${name}`;
}

/** The page of one plugin: its README, with the table of its config from the schema, and what it says of itself. */
export function pageOf(plugin: Plugin): string {
  const folder = folderOf(plugin);
  const readme = rebase(readmeOf(plugin), folder);
  const note = `<!-- Generated from ${folder}/README.md and the schema: \`UPDATE=1 npm test -- test/docs/generated.test.ts\`. -->`;
  return `${note}\n\n${withTables(readme, plugin).trimEnd()}\n\n## Facts\n\n${factsOf(plugin).join('\n')}\n`;
}

/** What its folder says of it. */
export function readmeOf(plugin: Plugin): string {
  return readFileSync(join(ROOT, folderOf(plugin), 'README.md'), 'utf8');
}

/** The table of all plugins beside their names in other gateways. */
export function indexOf(plugins: readonly Plugin[]): string {
  const rows = plugins.map((plugin) => {
    const others = elsewhere(plugin);
    return `| [${plugin.name}](${plugin.name}.md) | ${plugin.summary} | ${others.join(' | ')} |`;
  });
  return `<!-- Generated from the plugins: \`UPDATE=1 npm test -- test/docs/generated.test.ts\`. -->

# Plugins

What comes with Postern, each with its page, and what the same is called elsewhere. Names are those of plugins, middlewares, fields of
resources or policy types as the documentation of each gateway had them in November 2026; "Enterprise" and "Hub" are sold editions. The same name does not
mean the same behaviour: the pages say what ours does. A dash: nothing of the kind.

| plugin | does | ${GATEWAYS.join(' | ')} |
|---|---|${GATEWAYS.map(() => '---|').join('')}
${rows.join('\n')}

Others come from packages and paths in \`server.plugins\`: [writing a plugin](../writing-a-plugin.md).
`;
}

/** Its names in the other gateways: the row under "## Elsewhere" of its README. */
function elsewhere(plugin: Plugin): readonly string[] {
  const [, below = ''] = readmeOf(plugin).split(/^## Elsewhere\n/m);
  const [head, , row] = below
    .trimStart()
    .split('\n')
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  if (head?.join() !== GATEWAYS.join() || row?.length !== GATEWAYS.length || row.includes(''))
    throw new Error(
      `the README of ${plugin.name} needs, under "## Elsewhere", a table with ${GATEWAYS.join(' | ')} and one full row`,
    );
  return row.map((name) => (name === '-' ? '–' : name));
}

/** Puts the tables of the schemas in the place of the README's table of keys; where it has none, behind its first paragraphs. */
function withTables(readme: string, plugin: Plugin): string {
  const tables = tablesOf(plugin);
  const own = /^\| *key *\|.*\n(?:\|.*\n)+/m;
  if (own.test(readme)) return readme.replace(own, () => `${tables}\n`);
  const at = readme.search(/^## /m);
  return at < 0 ? `${readme}\n${tables}\n` : `${readme.slice(0, at)}${tables}\n\n${readme.slice(at)}`;
}

function tablesOf({ name, config, credential }: Plugin): string {
  const head = '| key | meaning | value | default |\n|---|---|---|---|';
  const rows = rowsOf(config);
  const own = rows.length === 0 ? 'It takes no config.' : `${head}\n${rows.join('\n')}`;
  if (credential === undefined) return own;
  return `${own}\n\nA credential of a consumer, in the list under \`credentials.${name}\`:\n\n${head}\n${rowsOf(credential).join('\n')}`;
}

function factsOf({ name, summary, single, preflight, owns, credential }: Plugin): readonly string[] {
  return [
    `- \`plugin: ${name}\`: ${summary}.`,
    ...(single ? ['- Of its policies only the narrowest attached one runs on a route.'] : []),
    ...(preflight ? ['- It answers preflights, and so its policies take no `when`.'] : []),
    ...(owns.length > 0
      ? [`- Response headers that begin with ${owns.map((prefix) => `\`${prefix}\``).join(', ')} are its own.`]
      : []),
    ...(credential === undefined ? [] : ['- It knows consumers by their credentials.']),
  ];
}

/** Makes relative links of a README right for a page in another folder. */
function rebase(text: string, folder: string): string {
  return text.replaceAll(/\]\((?!https?:|#)([^)\s]+)\)/g, (_whole, target: string) => {
    const [path = '', anchor] = target.split('#');
    const file = posix.normalize(posix.join(folder, path));
    // Of another plugin the page beside, where there is one.
    const [, other] = /^plugins\/([a-z0-9-]+)(?:\/README\.md|\/?)$/.exec(file) ?? [];
    const page = other !== undefined && existsSync(join(ROOT, PAGES, `${other}.md`)) ? `${other}.md` : undefined;
    const at = page ?? posix.relative(PAGES, file);
    return `](${at}${anchor === undefined ? '' : `#${anchor}`})`;
  });
}

/** Where the page of a plugin stands. */
export function pathOf({ name }: Plugin): string {
  return join(PAGES, `${name}.md`);
}

/** Where the table of all plugins stands. */
export const INDEX = join(PAGES, 'README.md');

/** Files that relative links of a page lead to, from the root. */
export function linksOf(page: string): readonly string[] {
  return [...readFileSync(join(ROOT, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)].map(
    ([, target = '']) => join(dirname(page), target),
  );
}
