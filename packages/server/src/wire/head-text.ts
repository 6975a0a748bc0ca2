import { isFieldValue, isToken } from './field-lines.ts';
import type { HeadMemory, Run, Step } from './head-memory.ts';

/**
 * Puts the head of a message together (RFC 9112 section 5). Most heads are made of the lines of those before them, in the same order:
 * such lines are one text already, and are neither checked nor joined again.
 */
export class HeadText {
  readonly #memory: HeadMemory;
  #text: string;
  #run: Run;

  /** Begins behind `text`, with a run of that memory. */
  constructor(memory: HeadMemory, text: string, run: Run) {
    this.#memory = memory;
    this.#text = text;
    this.#run = run;
  }

  /** Adds a line; false, and nothing is added, where the name is no token or the value holds what no value may. */
  add(name: string, value: string): boolean {
    const step = stepOf(this.#run, name);
    if (step === undefined) return this.#addNew(name, value);
    if (step.value === value) {
      step.hits += 1;
      this.#run = step.next;
      return true;
    }
    if (!isFieldValue(value)) return false;
    this.#addTo(step, value);
    return true;
  }

  /** The text so far, every line with its CRLF. */
  end(): string {
    return this.#text + this.#run.text;
  }

  #addNew(name: string, value: string): boolean {
    if (!isToken(name) || !isFieldValue(value)) return false;
    const step = this.#memory.stepTo(name, this.#run);
    if (step !== undefined) {
      this.#addTo(step, value);
      return true;
    }
    this.#text = `${this.#text}${this.#run.text}${name}: ${value}`;
    this.#run = this.#memory.apart;
    return true;
  }

  #addTo(step: Step, value: string): void {
    this.#text = this.#text + step.start + value;
    this.#run = step.after;
    this.#memory.miss(step, value);
  }
}

function stepOf({ steps }: Run, name: string): Step | undefined {
  const first = steps[0];
  return first?.name === name ? first : laterStepOf(steps, name);
}

/** The one that is found changes places with the one before it: names that somebody makes up end up last. */
function laterStepOf(steps: Step[], name: string): Step | undefined {
  for (let at = 1; at < steps.length; at += 1) {
    const [before, step] = [steps[at - 1], steps[at]];
    if (before === undefined || step?.name !== name) continue;
    steps[at - 1] = step;
    steps[at] = before;
    return step;
  }
  return undefined;
}
