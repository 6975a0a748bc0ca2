import type { Attached, CheckedDocument, DecidedPolicy, DecidedStep } from '@postern/model';
import type { RunningExchange } from './exchange.ts';
import type { Trace } from './trace.ts';

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
  return list.flatMap(({ policy: name, level, place, mode, when }) => {
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
        when: when.map(({ text }) => ({ text, holds: null })),
        steps: steps.get(name) ?? [],
      },
    ];
  });
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
    edits: edits.map((edit) => ({ ...edit, value: veil.value(edit.name, edit.value) })),
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
