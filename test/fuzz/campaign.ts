import { diceOf } from './dice.ts';
import type { Dice } from './dice.ts';
import type { Input } from './input.ts';
import { shrink } from './shrink.ts';
import { seeded } from '../kit/chance.ts';

/** What was found of a batch: of each input by its position, and what cannot be told to be of one. */
interface Verdicts {
  readonly found: readonly (readonly string[])[];
  readonly general: readonly string[];
}

/** Something that takes generated inputs, and says what is wrong afterwards. A violation begins with its kind and a colon. */
export interface Subject {
  readonly name: string;
  /** Inputs of one batch. */
  readonly batch: number;
  make(dice: Dice): Input;
  play(inputs: readonly Input[]): Promise<Verdicts>;
}

/** An input that failed, and the smallest one that fails in the same way. */
export interface Failure {
  readonly input: Input;
  readonly violations: readonly string[];
  readonly shrunk: Input;
  readonly shrunkViolations: readonly string[];
  /** False: it failed among others, and not when it was played again alone. */
  readonly again: boolean;
}

/** What became of a run. */
export interface Outcome {
  readonly inputs: number;
  readonly failures: readonly Failure[];
  /** Inputs that a gateway under too much load turned away, and took when they were played again alone. */
  readonly shed: number;
  readonly seconds: number;
}

/** How long a run is. */
export interface Effort {
  readonly seed: number;
  /** Inputs. */
  readonly count: number;
  /** Failures after which it ends. */
  readonly most: number;
  /** Called after each batch. */
  readonly progress?: (inputs: number) => void;
  /** Milliseconds to make one failure smaller. */
  readonly patience?: number;
}

const TRIES = 3;

/** Plays generated inputs in batches; what fails is played again alone and made smaller. The same seed gives the same inputs. */
export async function campaign(subject: Subject, effort: Effort): Promise<Outcome> {
  const dice = diceOf(seeded(effort.seed));
  const failures: Failure[] = [];
  const begun = performance.now();
  let [inputs, shed] = [0, 0];
  while (inputs < effort.count && failures.length < effort.most) {
    const batch = Array.from({ length: Math.min(subject.batch, effort.count - inputs) }, () => subject.make(dice));
    const verdicts = await subject.play(batch);
    inputs += batch.length;
    const found = await failuresOf(subject, { batch, verdicts, effort }, effort.most - failures.length);
    failures.push(...found.filter((failure) => !wasShed(failure)));
    shed += found.filter(wasShed).length;
    effort.progress?.(inputs);
  }
  return { inputs, failures, shed, seconds: (performance.now() - begun) / 1000 };
}

/** A 503, or an end that was announced: what a gateway may say that has too much to do, of which it said nothing when it had not. */
function wasShed({ violations, again }: Failure): boolean {
  return !again && violations.every((violation) => /\b503\b|then the announced end$/.test(violation));
}

interface Batch {
  readonly batch: readonly Input[];
  readonly verdicts: Verdicts;
  readonly effort: Effort;
}

async function failuresOf(
  subject: Subject,
  { batch, verdicts, effort }: Batch,
  most: number,
): Promise<readonly Failure[]> {
  const failures: Failure[] = [];
  for (const [at, violations] of verdicts.found.entries()) {
    const input = batch[at];
    if (input === undefined || violations.length === 0 || failures.length >= most) continue;
    failures.push(await smaller(subject, { input, violations }, effort));
  }
  if (verdicts.general.length === 0 || failures.length > 0) return failures;
  for (const input of batch) {
    const violations = await alone(subject, input);
    if (violations.length > 0) return [await smaller(subject, { input, violations }, effort)];
  }
  const input = { text: '', cuts: [] };
  return [{ input, violations: verdicts.general, shrunk: input, shrunkViolations: verdicts.general, again: false }];
}

async function smaller(
  subject: Subject,
  { input, violations }: Pick<Failure, 'input' | 'violations'>,
  { patience = 20_000 }: Effort,
): Promise<Failure> {
  const kinds = new Set(violations.map(kindOf));
  const fails = async (one: Input): Promise<boolean> =>
    (await alone(subject, one)).some((said) => kinds.has(kindOf(said)));
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (!(await fails(input))) continue;
    const shrunk = await shrink(input, fails, { tries: 3_000, time: patience });
    return { input, violations, shrunk, shrunkViolations: await alone(subject, shrunk), again: true };
  }
  return { input, violations, shrunk: input, shrunkViolations: violations, again: false };
}

/** What is wrong with one input, played alone. */
export async function alone(subject: Subject, input: Input): Promise<readonly string[]> {
  const { found, general } = await subject.play([input]);
  return [...found.flat(), ...general];
}

const kindOf = (violation: string): string => violation.split(':')[0] ?? '';
