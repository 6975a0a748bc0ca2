/** docs/limits.md has every limit with the default of the code, and every metric of a process's load. */
import { readFileSync } from 'node:fs';
import { documentSchema } from '@postern/config';
import { builtinPlugins } from 'postern';
import { test } from 'tap';
import { gatewayFor, SERVER } from '../kit/gateway.ts';

interface Keyed {
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Keyed>>;
  readonly items?: Keyed;
}

const page = readFileSync('docs/limits.md', 'utf8');
const schema: Keyed = documentSchema(builtinPlugins);

test('every key of limits and shedding, and those of upstreams, stands there with its default', async (t) => {
  const server = schema.properties?.['server']?.properties ?? {};
  const upstream = schema.properties?.['upstreams']?.items?.properties ?? {};
  const rows: [string, unknown][] = ['maxConnections', 'maxQueue'].map((key) => [
    `upstreams[].${key}`,
    upstream[key]?.default,
  ]);
  for (const section of ['limits', 'shedding'])
    for (const [key, { default: fallback }] of Object.entries(server[section]?.properties ?? {}))
      rows.push([`${section}.${key}`, fallback]);
  t.ok(rows.length >= 15);
  for (const [key, fallback] of rows) {
    const line = page.split('\n').find((one) => one.startsWith('|') && one.includes(`\`${key}\``)) ?? '';
    t.ok(line.replaceAll(' ', '').includes(String(fallback)), `${key}: ${String(fallback)}`);
  }
});

test('every metric of the page is there, and every one of a process’s load is on the page', async (t) => {
  const gateway = await gatewayFor(
    t,
    `${SERVER}upstreams: [{ name: up, builtin: echo }]\napiGroups: [{ name: all, upstream: up }]\n`,
  );
  const text = await gateway.cell.metrics();
  const listed = [...page.matchAll(/^\| `(postern_[a-z0-9_]+)/gm)].map(([, name = '']) => name);
  for (const name of listed) t.match(text, `# TYPE ${name} `);
  const own = /^# TYPE (postern_(?:connections|http2|shedding|memory|event_loop|log)[a-z0-9_]*)/gm;
  for (const [, name = ''] of text.matchAll(own)) t.ok(listed.includes(name), name);
});
