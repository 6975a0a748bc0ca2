import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { issueCodes } from '../src/index.ts';

const folder = fileURLToPath(new URL('../src/', import.meta.url));
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && name !== 'codes.ts')
  .map((name) => readFileSync(`${folder}${name}`, 'utf8'))
  .join('\n');
// The one code that is put together: names.ts looks up these kinds.
const unknown = ['listener', 'plugin', 'policy', 'route', 'upstream'].map((kind) => `names/unknown-${kind}`);

t.test('every code of the sources is in the catalogue, and every code of the catalogue is in the sources', (t) => {
  t.match(sources, '`names/unknown-${');
  const used = [
    ...sources.matchAll(
      /'((?:conditions|consumers|document|groups|names|policies|reference|require|routes|secrets|server|tests|upstreams)\/[a-z0-9-]+)'/g,
    ),
  ];
  const inSources = new Set([...used.map(([, code]) => code ?? ''), ...unknown]);
  t.same(inSources, new Set(Object.keys(issueCodes)));
  t.end();
});

t.test('every meaning is one sentence', (t) => {
  for (const [code, meaning] of Object.entries(issueCodes)) t.match(meaning, /^[A-Z$][^\n]+\.$/, code);
  t.end();
});
