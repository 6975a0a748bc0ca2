import type { Body, StepName, StepResult, Verdict } from '@postern/model';
import type { ExchangeView, RunningExchange } from './exchange.ts';
import type { Attachment, Pipeline, Step } from './pipeline.ts';
import { runs } from './condition.ts';
import { viewOf } from './policy-view.ts';
import { callWithCopy, runInShadow } from './shadow.ts';
import { ignore, isPromise, readVerdict, StrangeResult } from './step-result.ts';
import { answeredFalsely, failed, giveVerdict, isFalseAnswer, SECOND_CONSUMER } from './verdicts.ts';

/** How one kind of step is called. One function per kind, made once: nothing is allocated per request. */
type Call<Run> = (run: Run, view: ExchangeView, walk: Walk<Run>) => unknown;

/** The steps of one walk with all that stays the same from step to step. */
interface Walk<Run> {
  readonly exchange: RunningExchange;
  readonly step: StepName;
  readonly steps: readonly Step<Run>[];
  /** Where the same steps stand in a pipeline that a consumer has joined; only for those that may identify one. */
  readonly pick?: (pipeline: Pipeline) => readonly Step<Run>[];
  readonly call: Call<Run>;
  /** How a step in shadow is called. */
  readonly tryOut: Call<Run>;
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
    if (step.mode === 'shadow') {
      tryStep(walk, step);
      continue;
    }
    const said = callStep(walk, step);
    if (said !== undefined && isPromise(said)) return runLater(walk, at, said);
    if (settle(walk, step, said)) return true;
    if (walk.exchange.consumerArrives) return runSteps(withConsumer(walk, step), at + 1);
  }
  return false;
}

/**
 * Waits for one asynchronous step, then goes on with the rest. On a lease of its own: the exchange's ends when the client goes
 * away, and no policy may be closed under its own step.
 */
async function runLater<Run>(walk: Walk<Run>, at: number, promise: PromiseLike<unknown>): Promise<boolean> {
  const step = walk.steps[at];
  if (step === undefined) return false;
  const { snapshot } = walk.exchange;
  snapshot.lease();
  try {
    const said = await inTime(walk, step, promise);
    if (settle(walk, step, said)) return true;
    return await runSteps(walk.exchange.consumerArrives ? withConsumer(walk, step) : walk, at + 1);
  } finally {
    snapshot.release();
  }
}

/** The rest of a walk once a consumer is known that brings policies: they run next (design: Step order). */
function withConsumer<Run>(walk: Walk<Run>, { slot }: Attachment): Walk<Run> {
  const { exchange } = walk;
  exchange.consumerArrives = false;
  const { consumer, snapshot, dress } = exchange;
  const joined = consumer && snapshot.consumers.join(exchange.pipeline, slot, consumer.name);
  // Only a request step can identify: what comes later would come too late for them.
  if (joined === undefined || walk.pick === undefined) return walk;
  exchange.join(dress === undefined ? joined : dress(joined));
  return { ...walk, steps: walk.pick(exchange.pipeline) };
}

function callStep<Run>(walk: Walk<Run>, step: Step<Run>): Verdict | PromiseLike<unknown> | undefined {
  try {
    if (!runs(walk.exchange, step)) return undefined;
    const said = walk.call(step.run, viewOf(walk.exchange, step), walk);
    return said === undefined || isPromise(said) ? said : verdictOf(walk, step, said);
  } catch (error) {
    return failed(walk.exchange, step, { code: 'policy/threw', status: 500, error });
  }
}

/** Apart from the loop, so that a walk without shadows makes no closure. */
function tryStep<Run>(walk: Walk<Run>, step: Step<Run>): void {
  runInShadow(walk.exchange, step, { step: walk.step, call: (view) => walk.tryOut(step.run, view, walk) });
}

/** What a step returned, as a verdict: plugins in JavaScript return anything, and what is none breaks the policy. */
function verdictOf<Run>({ exchange, step: name }: Walk<Run>, step: Attachment, said: unknown): Verdict | undefined {
  if (said === undefined || said === null) return undefined;
  const verdict = readVerdict(said);
  return verdict ?? failed(exchange, step, { code: 'policy/threw', status: 500, error: new StrangeResult(name) });
}

/** Ends when the step does, or when its time is up: then the policy's later edits have no effect (design: fail closed). */
function inTime<Run>(walk: Walk<Run>, step: Attachment, promise: PromiseLike<unknown>): Promise<Verdict | undefined> {
  const { exchange } = walk;
  return new Promise((resolve) => {
    let late = false;
    const cancel = exchange.runtime.after(step.instance.policy.timeout, () => {
      late = true;
      viewOf(exchange, step).closed = true;
      const error = new Error(`no verdict within ${step.instance.policy.timeout} ms`);
      resolve(failed(exchange, step, { code: 'policy/timed-out', status: 504, error }));
    });
    // A thenable of the plugin's own may throw where a promise does not.
    Promise.resolve(promise).then(
      (said) => {
        cancel();
        if (!late) resolve(verdictOf(walk, step, said));
      },
      (error: unknown) => {
        cancel();
        if (!late) resolve(failed(exchange, step, { code: 'policy/threw', status: 500, error }));
      },
    );
  });
}

/** Puts a verdict on the exchange; true when the walk ends here. */
function settle<Run>(walk: Walk<Run>, step: Step<Run>, said: Verdict | undefined): boolean {
  const { exchange } = walk;
  if (exchange.consumerConflict) {
    exchange.consumerConflict = false;
    // Noted as the policy's own, for a replay, which may not be able to identify anybody.
    const { name: policy } = step.instance.policy;
    exchange.noteGiven({ policy, kind: 'refuse', code: SECOND_CONSUMER.code, verdict: SECOND_CONSUMER });
    exchange.answerRefusal(SECOND_CONSUMER, step);
    return walk.onVerdict === 'stop';
  }
  const verdict = said !== undefined && isFalseAnswer(exchange, step, said) ? answeredFalsely(exchange, step) : said;
  if (verdict === undefined) return false;
  giveVerdict(exchange, step, verdict);
  return walk.onVerdict === 'stop';
}

/** Asks the policies that answer preflights, in order; synchronous by contract. */
export function runPreflight(exchange: RunningExchange): boolean {
  const walk: Walk<Preflight> = {
    exchange,
    step: 'preflight',
    steps: exchange.pipeline.preflight,
    call: callPlain,
    tryOut: callPlain,
    body: undefined,
    onVerdict: 'stop',
  };
  for (const step of walk.steps) {
    if (step.mode === 'shadow') {
      tryStep(walk, step);
      continue;
    }
    let said = callStep(walk, step);
    if (said !== undefined && isPromise(said)) {
      ignore(said);
      said = verdictOf(walk, step, said);
    }
    if (said === undefined) continue;
    giveVerdict(exchange, step, said);
    return true;
  }
  return false;
}

type Preflight = (view: ExchangeView) => unknown;

/** Request steps, in the written order. */
export function runRequest(exchange: RunningExchange): Answered {
  return runSteps({
    exchange,
    step: 'request',
    steps: exchange.pipeline.request,
    pick: requestSteps,
    call: callPlain,
    tryOut: callPlain,
    body: undefined,
    onVerdict: 'stop',
  });
}

function requestSteps({ request }: Pipeline): Pipeline['request'] {
  return request;
}

/** Steps that asked for the request's body, in the written order. */
export function runRequestBody(exchange: RunningExchange, body: Body): Answered {
  return runSteps({
    exchange,
    step: 'requestBody',
    steps: exchange.pipeline.requestBody,
    call: callWithBody,
    tryOut: tryWithBody,
    body,
    onVerdict: 'stop',
  });
}

/** Response steps, backwards; a verdict replaces the answer and the rest see the new one. */
export function runResponse(exchange: RunningExchange): Answered {
  return runSteps({
    exchange,
    step: 'response',
    steps: exchange.pipeline.response,
    call: callPlain,
    tryOut: callPlain,
    body: undefined,
    onVerdict: 'replace',
  });
}

/** Steps that asked for the response's body, backwards. */
export function runResponseBody(exchange: RunningExchange, body: Body): Answered {
  return runSteps({
    exchange,
    step: 'responseBody',
    steps: exchange.pipeline.responseBody,
    call: callWithBody,
    tryOut: tryWithBody,
    body,
    onVerdict: 'stop',
  });
}

function callPlain(run: (view: ExchangeView) => unknown, view: ExchangeView): unknown {
  return run(view);
}

interface WithBody {
  readonly limit: number;
  wants?(view: ExchangeView): boolean;
  run(view: ExchangeView, body: Body): StepResult;
}

function callWithBody(run: WithBody, view: ExchangeView, { body }: Walk<WithBody>): unknown {
  return body === undefined || run.wants?.(view) === false ? undefined : run.run(view, body);
}

function tryWithBody(run: WithBody, view: ExchangeView, { body, step }: Walk<WithBody>): unknown {
  return body === undefined || run.wants?.(view) === false
    ? undefined
    : callWithCopy(run, view, { step, bytes: body.bytes });
}
