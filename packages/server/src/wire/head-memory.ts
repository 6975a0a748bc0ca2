import { copyOf } from './latin1.ts';

/** Lines that left one behind the other before, as one text, and what came behind them. */
export interface Run {
  readonly text: string;
  /** Never more than a few; those that are asked for move to the front. */
  readonly steps: Step[];
  /** Lines that found no place among them. */
  lost: number;
}

/** A line that came behind a run. */
export interface Step {
  readonly name: string;
  /** The run's text and `name: `. */
  readonly start: string;
  /** A value that it had, and the run that is longer by that line. */
  value: string | undefined;
  next: Run;
  /** What begins behind any other value. */
  readonly after: Run;
  /** Lines with that value, and with others, since it was noted. */
  hits: number;
  misses: number;
  /** So many misses, and another value is noted. */
  patience: number;
}

/** Characters of all that one memory holds, and what a step or a run is besides: clients and upstreams make names and values up. */
const MOST = 1024 * 1024;
const BESIDES = 256;
/** Lines that found no room, after which all is forgotten: what filled the memory may be sent no more. */
const MOST_LOST = 100_000;
const MOST_STEPS = 8;
const LONGEST_RUN = 4_096;
const LONGEST_NAME = 64;
const LONGEST_VALUE = 256;
/** Noting a value copies it: one that never comes again is noted ever more seldom. */
const [PATIENCE, MOST_PATIENCE] = [64, 65_536];

/** Names whose values are one person's: each comes anew, and nothing is gained by keeping one. */
const PERSONAL: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization', 'set-cookie']);

const LINE_END = '\r\n';

/** What heads of one kind were made of. Filled by what is sent first, which is what is sent most. */
export class HeadMemory {
  readonly #openings = new Map<number, Run>();
  readonly #after = new Map<string, Run>();
  #left = MOST;
  #lost = 0;

  /** The run that begins with an opening line, under a number of its own. */
  opening(number: number, toText: (number: number) => string): Run {
    let run = this.#openings.get(number);
    if (run === undefined) this.#openings.set(number, (run = beginning(toText(number))));
    return run;
  }

  /** The run behind a line that is not remembered. */
  get apart(): Run {
    return this.#afterOf('');
  }

  /** The step from a run to a line of that name, made now if need be; undefined where there is no room. `name` is a token. */
  stepTo(name: string, run: Run): Step | undefined {
    const start = `${run.text}${name}: `;
    if (name.length > LONGEST_NAME || !hasPlace(run) || !this.#take(start)) return undefined;
    const after = this.#afterOf(copyOf(name));
    const step: Step = {
      name: copyOf(name),
      start: copyOf(start),
      value: undefined,
      next: after,
      after,
      hits: 0,
      misses: PATIENCE,
      patience: PATIENCE,
    };
    run.steps.push(step);
    return step;
  }

  /** Counts a value that is not the one noted, and notes it if that one has not come for long. */
  miss(step: Step, value: string): void {
    step.misses += 1;
    if (step.misses === PATIENCE && step.hits === 0) forget(step);
    if (step.misses <= step.patience) return;
    step.patience = step.hits > step.misses ? PATIENCE : Math.min(step.patience * 2, MOST_PATIENCE);
    step.hits = 0;
    step.misses = 0;
    const text = `${step.start}${value}${LINE_END}`;
    if (value.length > LONGEST_VALUE || text.length > LONGEST_RUN || PERSONAL.has(step.name) || !this.#take(text))
      return;
    step.value = copyOf(value);
    step.next = beginning(copyOf(text));
  }

  #afterOf(name: string): Run {
    let run = this.#after.get(name);
    if (run === undefined) this.#after.set(name, (run = beginning(LINE_END)));
    return run;
  }

  #take(text: string): boolean {
    const cost = text.length + BESIDES;
    if (this.#left < cost) {
      this.#lost += 1;
      if (this.#lost < MOST_LOST) return false;
      this.#openings.clear();
      this.#after.clear();
      this.#lost = 0;
      this.#left = MOST;
    }
    this.#left -= cost;
    return true;
  }
}

function beginning(text: string): Run {
  return { text, steps: [], lost: 0 };
}

/** Whether there is a place for one more step. Now and then the last one, which nobody asks for, makes it. */
function hasPlace(run: Run): boolean {
  if (run.steps.length < MOST_STEPS) return true;
  run.lost += 1;
  if (run.lost < PATIENCE) return false;
  run.lost = 0;
  run.steps.pop();
  return true;
}

/** What does not come again is not compared with, and its run is no use to anybody. */
function forget(step: Step): void {
  step.value = undefined;
  step.next = step.after;
}
