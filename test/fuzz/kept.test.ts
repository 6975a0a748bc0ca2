import { readFileSync } from 'node:fs';
import { test } from 'tap';
import { keptFor } from './kept.ts';

test('every kept input is of a subject that plays it, and the one on the page is among them', async (t) => {
  const all = ['requests', 'answers', 'policies', 'documents'].flatMap((subject) => keptFor(subject));
  t.equal(new Set(all.map(({ file }) => file)).size, all.length);
  for (const { file, story, text, cuts } of all) {
    t.match(story, /.{20}/, `${file} says what it is about`);
    t.ok(cuts.every((at) => at > 0 && at < text.length) && !/[^\0-\xff]/.test(text), `${file} holds bytes`);
  }
  const page = readFileSync(new URL('../../docs/fuzzing.md', import.meta.url), 'utf8');
  const example = JSON.parse(/```json\n([^]*?)```/.exec(page)?.[1] ?? '');
  t.ok(all.some((kept) => kept.text === example.text && kept.story === example.story));
});
