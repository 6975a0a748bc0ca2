import { toPredicate } from '@postern/config';
import type { ConditionInputs } from '@postern/config';
import type { Attached, CheckedDocument, Condition, DecidedPolicy, DecidedStep, TruthExpression } from '@postern/model';
import type { RunningExchange } from './exchange.ts';
import type { Trace } from './trace.ts';
import { shownEdit } from './veil.ts';

/** Where the facts about policies stand: the document, and what a recorder noted. */
interface Noted {
  readonly document: CheckedDocument;
  readonly traces: readonly Trace[];
}

/** The policies of the list that ran, in its order, each with its steps in the order in which they ran. */
export function decidedPolicies(
  exchange: RunningExchange,
  list: readonly Attached[],
  { document, traces }: Noted,
): readonly DecidedPolicy[] {
  const policies = new Map(document.policies.map((policy) => [policy.name, policy]));
  const steps = stepsByPolicy(exchange, traces);
  return list.flatMap(({ policy: name, level, place, mode, when, always }) => {
    const policy = policies.get(name);
    if (policy === undefined) return [];
    return [
      {
        policy: name,
        plugin: policy.plugin,
        level,
        file: policy.place.file,
        line: policy.place.line,
        at: { file: place.file, line: place.line },
        labels: policy.labels,
        mode,
        locked: policy.locked,
        when: [...always.map(({ text }) => ({ text, holds: true })), ...heldConditions(exchange, name, when)],
        steps: steps.get(name) ?? [],
      },
    ];
  });
}

/** What each condition came to: the exchange asked for all of them at once. Null where it did not, or where one has no answer. */
function heldConditions(exchange: RunningExchange, name: string, when: readonly Condition[]): DecidedPolicy['when'] {
  const attachment = exchange.pipeline.attachments.find(({ instance }) => instance.policy.name === name);
  const view = attachment && exchange.views[attachment.slot];
  const asked = view?.runs === undefined ? undefined : view;
  return when.map(({ text, expression }) => ({ text, holds: asked === undefined ? null : holds(expression, asked) }));
}

function holds(expression: TruthExpression, inputs: ConditionInputs): boolean | null {
  try {
    return toPredicate(expression)(inputs);
  } catch {
    return null;
  }
}

function stepsByPolicy(exchange: RunningExchange, traces: readonly Trace[]): ReadonlyMap<string, DecidedStep[]> {
  const steps = new Map<string, DecidedStep[]>();
  const conflict = exchange.refusal?.code === 'gateway/second-consumer' ? exchange.refusal.policy : undefined;
  for (const trace of traces) {
    const own = steps.get(trace.policy) ?? [];
    own.push(trace.identified && trace.policy === conflict ? secondConsumer(exchange, trace) : toStep(exchange, trace));
    steps.set(trace.policy, own);
  }
  return steps;
}

/** A step without a verdict was late: the exchange went on without it. */
function toStep(exchange: RunningExchange, trace: Trace): DecidedStep {
  const { step, verdict = 'failed', detail, reads, edits, asked } = trace;
  const late = trace.verdict === undefined;
  const { veil } = exchange.snapshot;
  return {
    step,
    verdict,
    status: late ? 504 : trace.status,
    code: late ? 'policy/timed-out' : trace.code,
    detail: detail === null ? null : veil.text(detail),
    reads: [...reads],
    edits: edits.map((edit) => shownEdit(edit, veil)),
    asked,
  };
}

/** The engine refuses for the policy, which itself went on. */
function secondConsumer(exchange: RunningExchange, trace: Trace): DecidedStep {
  return {
    ...toStep(exchange, trace),
    verdict: 'refuse',
    status: 401,
    code: 'gateway/second-consumer',
    detail: null,
  };
}
