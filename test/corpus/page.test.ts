/** What docs/reliability.md says follows from the corpus, the rows of faults and the figures that are kept. `UPDATE=1 npm test -- test/corpus/page.test.ts` writes it anew. */
import { test } from 'tap';
import { badInputs } from './case.ts';
import { OPEN, TARGETS_MISSED } from './open.ts';
import { hasSection, sections, writeSection } from './page.ts';

test('docs/reliability.md has the figures and lists of the corpus, the rows of faults, and the figures of the last soak run', async (t) => {
  for (const [name, text] of Object.entries(sections())) {
    if (process.env['UPDATE'] === '1') writeSection(name, text);
    t.ok(hasSection(name, text), `${name}: UPDATE=1 writes it anew`);
  }
});

test('the lists of what is open name rows of the corpus, each once', async (t) => {
  const ids = [...OPEN, ...TARGETS_MISSED].map(({ id }) => id);
  t.equal(new Set(ids).size, ids.length);
  t.same(
    ids.filter((id) => !badInputs.some((row) => row.id === id)),
    [],
  );
});
