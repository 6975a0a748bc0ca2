// Also what makes every package appear in the coverage: files that no test loads are not counted.
// After a wanted change of a door: `npm test -- --snapshot test/boundaries/doors.test.ts`, and read the diff.
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(root + path, 'utf8');

for (const manifest of globSync('{packages,plugins}/*/package.json', { cwd: root }).toSorted()) {
  const folder = manifest.replaceAll('\\', '/').replace('/package.json', '');

  test(`${folder} has hand-written doors with exactly these names`, async (t) => {
    // The kit's testkit stands on the engine that it runs plugins on: docs/decisions/testkit.md.
    const more = folder === 'packages/kit' ? { './testkit': './src/testkit/index.ts' } : {};
    const doors = { '.': './src/index.ts', ...more };
    t.same(JSON.parse(read(manifest)).exports, doors);
    for (const file of Object.values(doors)) {
      t.notMatch(read(`${folder}/${file}`), /export \*/);
      const door: object = await import(`../../${folder}/${file}`);
      t.matchSnapshot(Object.keys(door).toSorted().join('\n'));
    }
  });
}
