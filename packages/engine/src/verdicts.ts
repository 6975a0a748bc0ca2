import type { Refuse, Verdict } from '@postern/model';
import type { RunningExchange } from './exchange.ts';
import type { Attachment } from './pipeline.ts';

/** What becomes of a policy that broke: its refusal, or nothing where the document says `onError: skip`. */
export function failed(
  exchange: RunningExchange,
  step: Attachment,
  broken: { readonly code: string; readonly status: number; readonly error: unknown },
): Refuse | undefined {
  const { policy, outcomes } = step.instance;
  const failure = { policy: policy.name, where: step.where, code: broken.code, error: broken.error };
  outcomes.failed(failure);
  exchange.noteGiven({ policy: policy.name, kind: 'failed', code: broken.code, verdict: undefined });
  exchange.note.failures.push(failure);
  if (policy.onError === 'skip') return undefined;
  const detail = broken.status === 504 ? 'A policy did not answer in time.' : 'A policy failed.';
  return { kind: 'refuse', status: broken.status, code: broken.code, detail, headers: [] };
}

/** The one place where a policy's verdict becomes the exchange's answer. */
export function giveVerdict(exchange: RunningExchange, step: Attachment, said: Verdict): void {
  const policy = step.instance.policy.name;
  if (said.kind === 'refuse') {
    exchange.noteGiven({ policy, kind: 'refuse', code: said.code, verdict: said });
    if (!said.code.startsWith('policy/')) step.instance.outcomes.refused();
    exchange.answerRefusal(said, step);
    return;
  }
  exchange.noteGiven({ policy, kind: 'respond', code: '', verdict: said });
  step.instance.outcomes.responded();
  exchange.answerFromPolicy(said, policy);
}

/** Whether a policy answers in the upstream's place though its plugin says that it never does: `require` relies on that word. */
export function isFalseAnswer(exchange: RunningExchange, step: Attachment, said: Verdict): boolean {
  // Without a status yet it is a request step: a response step may replace an answer.
  return said.kind === 'respond' && !step.instance.answers && exchange.status === 0;
}

/** What becomes of a policy that answered so. */
export function answeredFalsely(exchange: RunningExchange, step: Attachment): Refuse | undefined {
  const error = new Error(`plugin ${step.instance.policy.plugin} says that it never answers, and did`);
  return failed(exchange, step, { code: 'policy/threw', status: 500, error });
}

/** Two policies named two callers. */
export const SECOND_CONSUMER: Refuse = Object.freeze({
  kind: 'refuse',
  status: 401,
  code: 'gateway/second-consumer',
  detail: 'The request carries credentials of two different consumers.',
  headers: [],
});
