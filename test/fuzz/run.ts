import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { steadySeedOf } from '../kit/chance.ts';
import { campaign } from './campaign.ts';
import type { Outcome, Subject } from './campaign.ts';
import { keptFor, replayKept, toldOf } from './kept.ts';

/** `SOAK=1` plays the long form. */
export const SOAK = process.env['SOAK'] === '1';

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
  const count = Number(process.env['COUNT'] ?? (SOAK ? long : short));
  t.comment(`SEED=${seed} COUNT=${count}`);
  t.same(await replayKept(subject), [], `nothing of the ${keptFor(subject.name).length} that are kept fails again`);
  let said = performance.now();
  const outcome = await campaign(subject, {
    seed,
    count,
    most: MOST_FAILURES,
    progress: (inputs) => {
      if (performance.now() - said < SAYS) return;
      said = performance.now();
      t.comment(`${subject.name}: ${inputs} of ${count}`);
    },
  });
  const { inputs, failures, shed, seconds } = outcome;
  t.comment(
    `${subject.name}: ${inputs} inputs, ${Math.round(inputs / seconds)}/s, ${failures.length} failures, SEED=${seed}`,
  );
  for (const failure of failures) t.fail(toldOf(subject.name, failure));
  t.ok(shed <= 5 + inputs / 50, `${shed} were turned away under load, and taken later`);
  t.equal(failures.length, 0, `none of ${inputs} generated ${subject.name} failed`);
  writeFigure(subject.name, seed, outcome);
  return outcome;
}

/** Leaves the figure where `SOAK_OUT` says, a folder. */
function writeFigure(name: string, seed: number, { inputs, failures, seconds }: Outcome): void {
  const folder = process.env['SOAK_OUT'];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  const { model } = cpus()[0] ?? { model: 'unknown' };
  const figure = {
    name: `generated-${name}`,
    figure: failures.length,
    denominator: inputs,
    failures: failures.length,
    seed,
    seconds: Math.round(seconds),
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} × ${model}, ${process.platform}, Node ${process.versions.node}`,
  };
  writeFileSync(join(folder, `${figure.name}.json`), `${JSON.stringify(figure)}\n`);
}
