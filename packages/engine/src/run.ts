import type { Body, Refuse, StepResult, Verdict } from '@postern/model';
import type { ExchangeView, RunningExchange } from './exchange.ts';
import type { Attachment, Step } from './pipeline.ts';
import { viewOf } from './policy-view.ts';

/** How one kind of step is called. One function per kind, made once: nothing is allocated per request. */
type Call<Run> = (run: Run, view: ExchangeView, body: Body | undefined) => StepResult;

/** The steps of one walk with all that stays the same from step to step. */
interface Walk<Run> {
  readonly exchange: RunningExchange;
  readonly steps: readonly Step<Run>[];
  readonly call: Call<Run>;
  readonly body: Body | undefined;
  /** What a verdict does: `stop` ends the walk (requests), `replace` changes the answer and goes on (responses). */
  readonly onVerdict: 'stop' | 'replace';
}

/**
 * Says whether the walk ended with an answer: false means every step let the exchange go on. The answer itself stands on
 * the exchange. A promise only where a step returned one.
 */
export type Answered = boolean | Promise<boolean>;

/** Runs steps in order from `from`, synchronously as long as they are. */
function runSteps<Run>(walk: Walk<Run>, from = 0): Answered {
  for (let at = from; at < walk.steps.length; at += 1) {
    const step = walk.steps[at];
    if (step === undefined) break;
    const said = callStep(walk, step);
    if (said !== undefined && isPromise(said)) return runLater(walk, at, said);
    if (settle(walk, step, said)) return true;
  }
  return false;
}

/** Waits for one asynchronous step, then goes on with the rest. */
async function runLater<Run>(
  walk: Walk<Run>,
  at: number,
  promise: Promise<Verdict | undefined | void>,
): Promise<boolean> {
  const step = walk.steps[at];
  if (step === undefined) return false;
  const said = await inTime(walk.exchange, step, promise);
  if (settle(walk, step, said)) return true;
  return runSteps(walk, at + 1);
}

function callStep<Run>(walk: Walk<Run>, step: Step<Run>): StepResult {
  try {
    return walk.call(step.run, viewOf(walk.exchange, step), walk.body);
  } catch (error) {
    return failed(walk.exchange, step, { code: 'policy/threw', status: 500, error });
  }
}

/** Ends when the step does, or when its time is up: then the policy's later edits have no effect (design: fail closed). */
function inTime(
  exchange: RunningExchange,
  step: Attachment,
  promise: Promise<Verdict | undefined | void>,
): Promise<Verdict | undefined | void> {
  return new Promise((resolve) => {
    const cancel = exchange.runtime.after(step.instance.policy.timeout, () => {
      viewOf(exchange, step).closed = true;
      const error = new Error(`no verdict within ${step.instance.policy.timeout} ms`);
      resolve(failed(exchange, step, { code: 'policy/timed-out', status: 504, error }));
    });
    promise.then(
      (said) => {
        cancel();
        resolve(said);
      },
      (error: unknown) => {
        cancel();
        if (!viewOf(exchange, step).closed)
          resolve(failed(exchange, step, { code: 'policy/threw', status: 500, error }));
      },
    );
  });
}

/** What becomes of a policy that broke: its refusal, or nothing where the document says `onError: skip`. */
function failed(
  exchange: RunningExchange,
  step: Attachment,
  broken: { readonly code: string; readonly status: number; readonly error: unknown },
): Refuse | undefined {
  const { policy, outcomes } = step.instance;
  outcomes.failed();
  exchange.given.push({ policy: policy.name, kind: 'failed', code: broken.code, verdict: undefined });
  exchange.failures.push({ policy: policy.name, where: step.where, code: broken.code, error: broken.error });
  if (policy.onError === 'skip') return undefined;
  const detail = broken.status === 504 ? 'A policy did not answer in time.' : 'A policy failed.';
  return { kind: 'refuse', status: broken.status, code: broken.code, detail, headers: [] };
}

/** Puts a verdict on the exchange; true when the walk ends here. */
function settle<Run>(walk: Walk<Run>, step: Step<Run>, said: Verdict | undefined | void): boolean {
  const { exchange } = walk;
  if (exchange.consumerConflict) {
    exchange.consumerConflict = false;
    exchange.answerRefusal(SECOND_CONSUMER, step);
    return walk.onVerdict === 'stop';
  }
  const verdict = said !== undefined && isFalseAnswer(exchange, step, said) ? answeredFalsely(exchange, step) : said;
  if (verdict === undefined) return false;
  giveVerdict(exchange, step, verdict);
  return walk.onVerdict === 'stop';
}

/** Whether a policy answers in the upstream's place though its plugin says that it never does: `require` relies on that word. */
function isFalseAnswer(exchange: RunningExchange, step: Attachment, said: Verdict): boolean {
  // Without a status yet it is a request step: a response step may replace an answer.
  return said.kind === 'respond' && !step.instance.answers && exchange.status === 0;
}

function answeredFalsely(exchange: RunningExchange, step: Attachment): Refuse | undefined {
  const error = new Error(`plugin ${step.instance.policy.plugin} says that it never answers, and did`);
  return failed(exchange, step, { code: 'policy/threw', status: 500, error });
}

/** The one place where a policy's verdict becomes the exchange's answer. */
function giveVerdict(exchange: RunningExchange, step: Attachment, said: Verdict): void {
  const policy = step.instance.policy.name;
  if (said.kind === 'refuse') {
    exchange.given.push({ policy, kind: 'refuse', code: said.code, verdict: said });
    if (!said.code.startsWith('policy/')) step.instance.outcomes.refused();
    exchange.answerRefusal(said, step);
    return;
  }
  exchange.given.push({ policy, kind: 'respond', code: '', verdict: said });
  step.instance.outcomes.responded();
  exchange.answerFromPolicy(said, policy);
}

const SECOND_CONSUMER: Refuse = Object.freeze({
  kind: 'refuse',
  status: 401,
  code: 'gateway/second-consumer',
  detail: 'The request carries credentials of two different consumers.',
  headers: [],
});

/** Asks the policies that answer preflights, in order; synchronous by contract. */
export function runPreflight(exchange: RunningExchange): boolean {
  for (const step of exchange.pipeline.preflight) {
    let said: Verdict | undefined;
    try {
      said = step.run(viewOf(exchange, step));
    } catch (error) {
      said = failed(exchange, step, { code: 'policy/threw', status: 500, error });
    }
    if (said === undefined) continue;
    giveVerdict(exchange, step, said);
    return true;
  }
  return false;
}

/** Request steps, in the written order. */
export function runRequest(exchange: RunningExchange): Answered {
  return runSteps({ exchange, steps: exchange.pipeline.request, call: callPlain, body: undefined, onVerdict: 'stop' });
}

/** Steps that asked for the request's body, in the written order. */
export function runRequestBody(exchange: RunningExchange, body: Body): Answered {
  return runSteps({ exchange, steps: exchange.pipeline.requestBody, call: callWithBody, body, onVerdict: 'stop' });
}

/** Response steps, backwards; a verdict replaces the answer and the rest see the new one. */
export function runResponse(exchange: RunningExchange): Answered {
  return runSteps({
    exchange,
    steps: exchange.pipeline.response,
    call: callPlain,
    body: undefined,
    onVerdict: 'replace',
  });
}

/** Steps that asked for the response's body, backwards. */
export function runResponseBody(exchange: RunningExchange, body: Body): Answered {
  return runSteps({ exchange, steps: exchange.pipeline.responseBody, call: callWithBody, body, onVerdict: 'stop' });
}

/** After the last byte. A step that throws is counted and loses nothing but its own line. */
export function runDone(exchange: RunningExchange): void {
  for (const step of exchange.pipeline.done) {
    try {
      step.run(viewOf(exchange, step));
    } catch (error) {
      failed(exchange, step, { code: 'policy/threw', status: 500, error });
    }
  }
}

function callPlain(run: (view: ExchangeView) => StepResult, view: ExchangeView): StepResult {
  return run(view);
}

function callWithBody(
  run: { run(view: ExchangeView, body: Body): StepResult },
  view: ExchangeView,
  body: Body | undefined,
): StepResult {
  return body === undefined ? undefined : run.run(view, body);
}

function isPromise(
  said: Verdict | Promise<Verdict | undefined | void> | void,
): said is Promise<Verdict | undefined | void> {
  return said instanceof Promise || (typeof said === 'object' && 'then' in said);
}
