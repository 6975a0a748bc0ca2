/** Generated answers of an upstream: each client sees its own, well-formed, or that it was cut, and never another's. */
import { test } from 'tap';
import { answersThrough } from './answers.ts';
import { frontFor } from './front.ts';
import { FULL } from '../kit/sized.ts';
import { run } from './run.ts';

test('a client gets the answer to its own request, whole or visibly cut, whatever an upstream says', async (t) => {
  const subject = answersThrough(await frontFor(t, FULL));
  const { inputs } = await run(t, subject, { short: 960, long: 300_000 });
  t.comment(`${subject.certain()} answers had to come to their clients`);
  t.ok(subject.certain() > inputs / 5, 'a fair share of the answers is valid');
});
