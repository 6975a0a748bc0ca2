/** Generated documents the whole way from text to snapshot: each is accepted whole, or refused whole with its reasons. */
import { test } from 'tap';
import { documentsInto } from './documents.ts';
import { run } from './run.ts';

test('a document is accepted or refused as a whole, in its time, and every issue has its place', async (t) => {
  const subject = await documentsInto(t);
  const { inputs } = await run(t, subject, { short: 600, long: 1_000_000 });
  t.comment(
    `${subject.accepted()} were accepted; the slowest took ${subject.slowest().toFixed(1)} ms of processor time`,
  );
  t.ok(subject.accepted() > inputs / 20, 'a fair share of the documents is good');
});
