/** Generated answers of an upstream: each client sees its own, well-formed, or that it was cut, and never another's. */
import { test } from 'tap';
import { answersThrough } from './answers.ts';
import { frontFor } from './front.ts';
import { SOAK, run } from './run.ts';

test('a client gets the answer to its own request, whole or visibly cut, whatever an upstream says', async (t) => {
  const subject = answersThrough(await frontFor(t, SOAK));
  const { inputs } = await run(t, subject, { short: 960, long: 300_000 });
  t.comment(
    `${subject.certain()} answers had to come; ${subject.collateral()} did not for another exchange’s late surplus`,
  );
  t.ok(subject.certain() > inputs / 5, 'a fair share of the answers is valid');
  t.ok(subject.collateral() <= 10 + inputs / 50, 'what one exchange leaves on a connection costs few others');
});
