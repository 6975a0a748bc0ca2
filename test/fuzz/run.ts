import type { Test } from 'tap';
import { steadySeedOf } from '../kit/chance.ts';
import { sized } from '../kit/sized.ts';
import { campaign } from './campaign.ts';
import type { Outcome, Subject } from './campaign.ts';
import { keptFor, replayKept, toldOf } from './kept.ts';
import { keep, progress } from '../soak/form.ts';

/** Inputs of the short form, and of the long one. */
interface Length {
  readonly short: number;
  readonly long: number;
}

/** Milliseconds between two words about how far a long run is. */
const SAYS = 30_000;
const MOST_FAILURES = 5;

/**
 * Plays what is kept, then generated inputs; fails the test with what was found, each made smaller. `COUNT=<number>` sets
 * another number of inputs, `SEED=<number>` repeats a run.
 */
export async function run(t: Test, subject: Subject, { short, long }: Length): Promise<Outcome> {
  const seed = steadySeedOf();
  const count = Number(process.env['COUNT'] ?? sized(short, long));
  t.comment(`SEED=${seed} COUNT=${count}`);
  t.same(await replayKept(subject), [], `nothing of the ${keptFor(subject.name).length} that are kept fails again`);
  const begun = performance.now();
  let said = begun;
  const outcome = await campaign(subject, {
    seed,
    count,
    most: MOST_FAILURES,
    progress: (inputs) => {
      if (performance.now() - said < SAYS) return;
      said = performance.now();
      progress(t, `${inputs} of ${count} ${subject.name}`);
    },
  });
  const { inputs, failures, shed, seconds } = outcome;
  t.comment(
    `${subject.name}: ${inputs} inputs, ${Math.round(inputs / seconds)}/s, ${failures.length} failures, SEED=${seed}`,
  );
  for (const failure of failures) t.fail(toldOf(subject.name, failure));
  t.ok(shed <= 5 + inputs / 50, `${shed} were turned away under load, and taken later`);
  t.equal(failures.length, 0, `none of ${inputs} generated ${subject.name} failed`);
  keep(t, {
    name: `generated-${subject.name}`,
    title: `generated ${subject.name} that failed`,
    figure: failures.length,
    unit: 'inputs',
    most: 0,
    denominator: inputs,
    failures: failures.map((failure) => toldOf(subject.name, failure)),
    seed,
    begun,
  });
  return outcome;
}
