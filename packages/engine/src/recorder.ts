import type { Consumer, Handlers, StepName, StepResult, StepVerdict, Verdict } from '@postern/model';
import { bodySteps } from './condition.ts';
import type { RunningExchange } from './exchange.ts';
import type { Pipeline, Step } from './pipeline.ts';
import { viewOf } from './policy-view.ts';
import { RecordingView, WouldAsk } from './recording-view.ts';
import type { OutsideAnswer, Surroundings } from './recording-view.ts';
import type { Trace } from './trace.ts';

/** What a rehearsal knows of the world outside, and of the exchange it repeats. */
export interface Known {
  /** The answer to what a policy asks; undefined: it would have to ask. */
  outside(policy: string, key: string): OutsideAnswer | undefined;
  /** Whether what is not known is asked for good. Default: a rehearsal goes nowhere. */
  readonly live?: boolean;
  /** The next number that chance gave this policy; undefined: a new one. */
  draw?(policy: string): number | undefined;
  /**
   * What a step said when it read what was not kept (credentials, bodies); `unknown`: nobody knows. Absent: nothing was
   * recorded.
   */
  remembered?(policy: string, step: StepName): Remembered;
}

/** A verdict from a record: undefined is `continue`. With the consumer that the step named, if it did. */
export type Remembered =
  | { readonly kind: 'said'; readonly verdict: Verdict | undefined; readonly consumer?: Consumer | undefined }
  | { readonly kind: 'unknown' };

/**
 * Notes what every step of an exchange reads, edits and says. It works by pipelines of its own making: each step is the
 * snapshot's, wrapped, so that whatever runs a pipeline runs a recorded one all the same, and requests pay nothing.
 */
export class Recorder implements Surroundings {
  readonly traces: Trace[] = [];
  readonly #exchange: RunningExchange;
  readonly #known: Known;
  readonly #shadows: Promise<void>[] = [];
  readonly #dressed = new Map<Pipeline, Pipeline>();

  constructor(exchange: RunningExchange, known: Known) {
    this.#exchange = exchange;
    this.#known = known;
  }

  get edits(): RunningExchange['edits'] {
    return this.#exchange.edits;
  }

  get assumes(): boolean {
    return this.#known.remembered === undefined;
  }

  outside(policy: string, key: string): OutsideAnswer | undefined {
    return this.#known.outside(policy, key);
  }

  get live(): boolean {
    return this.#known.live ?? false;
  }

  get lost(): { readonly claims: boolean; readonly consumer: boolean } {
    return {
      claims: this.traces.some(({ readHidden }) => readHidden),
      consumer: this.traces.some(({ verdict }) => verdict === 'unknown'),
    };
  }

  draw(policy: string): number | undefined {
    return this.#known.draw?.(policy);
  }

  /** Resolves when policies in shadow, which no exchange waits for, have said what they would; late ones are late here too. */
  async shadowsEnded(): Promise<void> {
    await Promise.all(this.#shadows);
  }

  /** The same pipeline, recorded. The same one each time: slots and views belong to it. */
  dress(pipeline: Pipeline): Pipeline {
    let dressed = this.#dressed.get(pipeline);
    if (dressed === undefined) this.#dressed.set(pipeline, (dressed = this.#wrapAll(pipeline)));
    return dressed;
  }

  /** Notes for steps that need a body which was not kept what they said then; the verdict that ended the walk, if one did. */
  skipBody(name: 'requestBody' | 'responseBody'): { readonly verdict: Verdict; readonly policy: string } | undefined {
    for (const step of bodySteps(this.#exchange, this.#exchange.pipeline[name])) {
      const trace = this.#begin(step, name);
      trace.readHidden = true;
      const verdict = this.#settle(trace, undefined, step);
      if (verdict !== undefined) return { verdict, policy: trace.policy };
    }
    return undefined;
  }

  #wrapAll(pipeline: Pipeline): Pipeline {
    return {
      ...pipeline,
      preflight: pipeline.preflight.map((step) => ({ ...step, run: () => this.#preflight(step) })),
      request: this.#wrap(pipeline.request, 'request'),
      response: this.#wrap(pipeline.response, 'response'),
      requestBody: pipeline.requestBody.map((step) => ({
        ...step,
        run: {
          limit: step.run.limit,
          wants: (seen) => step.run.wants?.(seen) ?? true,
          run: (_seen, body) => this.#record(step, 'requestBody', (view) => step.run.run(view, body)),
        },
      })),
      responseBody: pipeline.responseBody.map((step) => ({
        ...step,
        run: {
          limit: step.run.limit,
          wants: (seen) => step.run.wants?.(seen) ?? true,
          run: (_seen, body) => this.#record(step, 'responseBody', (view) => step.run.run(view, body)),
        },
      })),
      done: pipeline.done.map((step) => ({
        ...step,
        run: () => void this.#record(step, 'done', (view) => step.run(view)),
      })),
    };
  }

  #wrap<Run extends (view: RecordingView) => StepResult>(
    steps: readonly Step<Run>[],
    name: StepName,
  ): readonly Step<() => StepResult>[] {
    return steps.map((step) => ({ ...step, run: () => this.#record(step, name, step.run) }));
  }

  /** Synchronous by contract. */
  #preflight(step: Step<NonNullable<Handlers['preflight']>>): Verdict | undefined {
    const trace = this.#begin(step, 'preflight');
    try {
      return this.#settle(trace, step.run(this.#view(step, trace)), step);
    } catch (error) {
      return this.#fail(trace, error, step);
    }
  }

  #record(step: Step<unknown>, name: StepName, run: (view: RecordingView) => StepResult): StepResult {
    const trace = this.#begin(step, name);
    try {
      const said = run(this.#view(step, trace));
      if (said === undefined || !('then' in said)) return this.#settle(trace, said ?? undefined, step);
      const settled = said.then(
        (verdict) => this.#settle(trace, verdict ?? undefined, step),
        (error: unknown) => this.#fail(trace, error, step),
      );
      if (step.mode === 'shadow') this.#shadows.push(this.#inTime(settled, step));
      return settled;
    } catch (error) {
      return this.#fail(trace, error, step);
    }
  }

  #view(step: Step<unknown>, trace: Trace): RecordingView {
    return new RecordingView(viewOf(this.#exchange, step), trace, this);
  }

  #inTime(settled: Promise<unknown>, { instance }: Step<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#exchange.runtime.after(instance.policy.timeout, resolve);
      const end = (): void => {
        cancel();
        resolve();
      };
      settled.then(end, end);
    });
  }

  #begin(step: Step<unknown>, name: StepName): Trace {
    const trace: Trace = {
      policy: step.instance.policy.name,
      step: name,
      verdict: undefined,
      status: null,
      code: null,
      detail: null,
      reads: new Set(),
      edits: [],
      asked: [],
      readHidden: false,
      identified: false,
    };
    this.traces.push(trace);
    return trace;
  }

  /** Says what the exchange goes on with: the step's verdict, or nothing where it cannot be known. */
  #settle(trace: Trace, said: Verdict | undefined, step: Step<unknown>): Verdict | undefined {
    if (trace.asked.some(({ answer }) => answer === 'would ask')) {
      trace.verdict = this.#unanswered;
      return undefined;
    }
    const remembered = trace.readHidden ? this.#remember(trace) : undefined;
    if (remembered?.kind === 'unknown') {
      trace.verdict = 'unknown';
      trace.detail = 'it read what was not kept';
      return undefined;
    }
    const verdict = remembered === undefined ? said : remembered.verdict;
    if (remembered?.consumer !== undefined) viewOf(this.#exchange, step).identify(remembered.consumer);
    const shadow = step.mode === 'shadow';
    trace.verdict = verdict === undefined ? 'continue' : shadow ? WOULD[verdict.kind] : verdict.kind;
    trace.status = verdict?.status ?? null;
    if (verdict?.kind === 'refuse') {
      trace.code = verdict.code;
      trace.detail = verdict.why === undefined ? verdict.detail : `${verdict.detail} ${verdict.why}`;
    }
    return verdict;
  }

  #fail(trace: Trace, error: unknown, step: Step<unknown>): undefined {
    if (error instanceof WouldAsk || trace.asked.some(({ answer }) => answer === 'would ask')) {
      trace.verdict = this.#unanswered;
      return undefined;
    }
    trace.verdict = step.mode === 'shadow' ? 'would fail' : 'failed';
    trace.status = step.instance.policy.onError === 'skip' ? null : 500;
    trace.code = 'policy/threw';
    trace.detail = error instanceof Error ? error.message : String(error);
    throw error;
  }

  /** In a replay, another question than then has no answer for good. */
  get #unanswered(): StepVerdict {
    return this.#known.remembered === undefined ? 'would ask' : 'unknown';
  }

  #remember(trace: Trace): Remembered {
    return this.#known.remembered?.(trace.policy, trace.step) ?? { kind: 'unknown' };
  }
}

const WOULD: Readonly<Record<Verdict['kind'], StepVerdict>> = { refuse: 'would refuse', respond: 'would respond' };
