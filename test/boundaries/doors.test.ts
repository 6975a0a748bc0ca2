// Also what makes every package appear in the coverage: files that no test loads are not counted.
// After a wanted change of a door: `npm test -- --snapshot test/boundaries/doors.test.ts`, and read the diff.
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(root + path, 'utf8');

for (const manifest of globSync('{packages,plugins}/*/package.json', { cwd: root }).toSorted()) {
  const folder = manifest.replaceAll('\\', '/').replace('/package.json', '');

  test(`${folder} has one hand-written door with exactly these names`, async (t) => {
    t.same(JSON.parse(read(manifest)).exports, { '.': './src/index.ts' });
    t.notMatch(read(`${folder}/src/index.ts`), /export \*/);
    const door: object = await import(`../../${folder}/src/index.ts`);
    t.matchSnapshot(Object.keys(door).toSorted().join('\n'));
  });
}
