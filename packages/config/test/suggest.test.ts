import t from 'tap';
import { suggest } from '../src/suggest.ts';

const keys = ['name', 'hosts', 'basePath', 'stripBasePath', 'upstream', 'policies', 'tls'];

t.test('the nearest known word is suggested', (t) => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['upsteam', 'upstream'],
    ['upstraem', 'upstream'],
    ['base_path', 'basePath'],
    ['BASEPATH', 'basePath'],
    ['base-path', 'basePath'],
    ['polices', 'policies'],
    ['host', 'hosts'],
    ['nmae', 'name'],
    ['tsl', 'tls'],
    ['abc', undefined],
    ['', undefined],
    ['x'.repeat(100), undefined],
    ['completely-else', undefined],
  ];
  for (const [found, word] of cases) t.equal(suggest(found, keys), word, found);
  t.end();
});
