import type { Body, BodyStep, Exchange, StepName, Verdict } from '@postern/model';
import type { ExchangeView, RunningExchange } from './exchange.ts';
import type { Attachment, Step } from './pipeline.ts';
import { runs } from './condition.ts';
import { viewOf } from './policy-view.ts';
import { ignore, isPromise, readVerdict, StrangeResult } from './step-result.ts';

/** One step in shadow: which it is, and how to call it. What it returns is not trusted. */
export interface Trial {
  readonly step: StepName;
  call(view: ExchangeView): unknown;
}

/**
 * Runs one step of a policy in shadow. Its view drops what it edits; what it says is counted and kept on the exchange, and
 * nothing else comes of it. Never throws, never awaits: a promise is followed beside the exchange.
 */
export function runInShadow(exchange: RunningExchange, attachment: Attachment, trial: Trial): void {
  if (exchange.shadowed.length > 0 && hasSpoken(exchange, attachment, trial.step)) return;
  let said: unknown;
  try {
    if (!runs(exchange, attachment)) return;
    said = trial.call(viewOf(exchange, attachment));
  } catch (error) {
    return wouldFail(exchange, attachment, { step: trial.step, code: 'policy/threw', status: 500, error });
  }
  if (said === undefined || said === null) return;
  // A preflight is answered at once or not at all.
  if (isPromise(said) && trial.step !== 'preflight')
    return follow(exchange, attachment, { step: trial.step, promise: said });
  if (isPromise(said)) ignore(said);
  note(exchange, attachment, { step: trial.step, said });
}

/** Runs body steps in shadow on a whole decoded body that no enforced step asked for. */
export function runBodyInShadow(
  exchange: RunningExchange,
  steps: readonly Step<BodyStep<Exchange>>[] | readonly Step<BodyStep<ExchangeView>>[],
  body: { readonly step: 'requestBody' | 'responseBody'; readonly bytes: Uint8Array },
): void {
  for (const attachment of steps) {
    runInShadow(exchange, attachment, {
      step: body.step,
      call: (view) => callWithCopy(attachment.run, view, body),
    });
  }
}

/** Calls a body step on a copy of the bytes; over its limit it says what an enforced one would: a refusal. */
export function callWithCopy(
  run: BodyStep<ExchangeView>,
  view: ExchangeView,
  { step, bytes }: { readonly step: StepName; readonly bytes: Uint8Array },
): unknown {
  return bytes.length > run.limit ? overLimit(step) : run.run(view, new BodyCopy(bytes));
}

/** The verdict on a body over a policy's limit. */
export function overLimit(step: StepName): Verdict {
  return step === 'requestBody' ? REQUEST_TOO_LARGE : RESPONSE_TOO_LARGE;
}

/** A body that a policy in shadow may do with as it likes: nothing of it goes anywhere. */
class BodyCopy implements Body {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = new Uint8Array(bytes);
  }

  text(): string {
    return new TextDecoder().decode(this.bytes);
  }

  replace(): void {}
}

/** A policy in shadow broke: counted, and kept while the exchange lasts. */
export function wouldFail(
  exchange: RunningExchange,
  { instance, where }: Attachment,
  broken: { readonly step: StepName; readonly code: string; readonly status: number; readonly error: unknown },
): void {
  const { step, code, status, error } = broken;
  const policy = instance.policy.name;
  instance.outcomes.failed({ policy, where, code, error });
  keep(exchange, { policy, step, kind: 'failed', status, code });
}

/**
 * Waits for a promise on the snapshot's lease, not on the exchange's: the policy must not be closed under its own step. A
 * policy that is late holds it no longer than its `timeout`.
 */
function follow(
  exchange: RunningExchange,
  attachment: Attachment,
  { step, promise }: { readonly step: StepName; readonly promise: PromiseLike<unknown> },
): void {
  const { timeout } = attachment.instance.policy;
  const end = holdLease(exchange);
  const cancel = exchange.runtime.after(timeout, () => {
    viewOf(exchange, attachment).closed = true;
    const error = new Error(`no verdict within ${timeout} ms`);
    if (end()) wouldFail(exchange, attachment, { step, code: 'policy/timed-out', status: 504, error });
  });
  Promise.resolve(promise).then(
    (said) => {
      cancel();
      if (end() && said !== undefined && said !== null) note(exchange, attachment, { step, said });
    },
    (error: unknown) => {
      cancel();
      if (end()) wouldFail(exchange, attachment, { step, code: 'policy/threw', status: 500, error });
    },
  );
}

/** Takes one more lease on the exchange's snapshot. The function gives it back, and says whether this was the first call. */
export function holdLease({ snapshot }: RunningExchange): () => boolean {
  snapshot.lease();
  let held = true;
  return () => {
    if (!held) return false;
    held = false;
    snapshot.release();
    return true;
  };
}

function note(
  exchange: RunningExchange,
  attachment: Attachment,
  { step, said }: { readonly step: StepName; readonly said: unknown },
): void {
  const verdict = step === 'done' ? undefined : readVerdict(said);
  if (verdict === undefined) {
    if (step === 'done') return;
    const error = new StrangeResult(step);
    return wouldFail(exchange, attachment, { step, code: 'policy/threw', status: 500, error });
  }
  const { policy, outcomes } = attachment.instance;
  if (verdict.kind === 'refuse') outcomes.refused();
  else outcomes.responded();
  const code = verdict.kind === 'refuse' ? verdict.code : '';
  keep(exchange, { policy: policy.name, step, kind: verdict.kind, status: verdict.status, code });
}

function keep(exchange: RunningExchange, shadowed: RunningExchange['shadowed'][number]): void {
  exchange.shadowed = [...exchange.shadowed, shadowed];
}

/**
 * Whether the exchange would have ended before this step, had the policy been enforced: nothing but `done` runs on a preflight
 * that was answered, and no body is read for a request that was.
 */
export function hasSpoken(exchange: RunningExchange, { instance }: Attachment, step: StepName): boolean {
  if (step === 'done') return false;
  const { name, onError } = instance.policy;
  return exchange.shadowed.some(
    ({ policy, step: before, kind }) =>
      policy === name &&
      (kind !== 'failed' || onError === 'refuse') &&
      (before === 'preflight' || ((before === 'request' || before === 'requestBody') && step === 'requestBody')),
  );
}

const REQUEST_TOO_LARGE: Verdict = Object.freeze({
  kind: 'refuse',
  status: 413,
  code: 'gateway/body-too-large',
  detail: 'The request body is too large.',
  headers: [],
});
const RESPONSE_TOO_LARGE: Verdict = Object.freeze({
  kind: 'refuse',
  status: 502,
  code: 'gateway/response-too-large',
  detail: 'The upstream answered with more than a policy may read.',
  headers: [],
});
