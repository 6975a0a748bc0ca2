import { toPredicate } from '@postern/config';
import type { ConditionInputs } from '@postern/config';
import type { BodyStep, Condition, TruthExpression } from '@postern/model';
import type { ExchangeView, RunningExchange } from './exchange.ts';
import type { Attachment, Step } from './pipeline.ts';
import { viewOf } from './policy-view.ts';

/** One function of all conditions of an attachment; undefined without any, so that it costs nothing. */
export function toCondition(when: readonly Condition[]): ((inputs: ConditionInputs) => boolean) | undefined {
  if (when.length === 0) return undefined;
  const all = when.map(({ expression }) => predicateOf(expression));
  const [only] = all;
  if (only !== undefined && all.length === 1) return only;
  return (inputs) => {
    for (const holds of all) if (!holds(inputs)) return false;
    return true;
  };
}

/** Routes share the conditions that do not read their labels: thousands of them must not compile one pattern each. */
const predicates = new WeakMap<TruthExpression, (inputs: ConditionInputs) => boolean>();

function predicateOf(expression: TruthExpression): (inputs: ConditionInputs) => boolean {
  let predicate = predicates.get(expression);
  if (predicate === undefined) predicates.set(expression, (predicate = toPredicate(expression)));
  return predicate;
}

/**
 * Whether a policy runs on an exchange. Its condition is asked once, before its first step, and the answer kept. A
 * condition without an answer throws, once: then the policy has failed, and does not run on this exchange.
 */
export function runs(exchange: RunningExchange, attachment: Attachment): boolean {
  if (attachment.condition === undefined) return true;
  const view = viewOf(exchange, attachment);
  return view.runs ?? ask(view, attachment.condition);
}

function ask(view: ExchangeView, condition: (inputs: ConditionInputs) => boolean): boolean {
  // First, so that a condition that throws is not asked again.
  view.runs = false;
  view.runs = condition(view);
  return view.runs;
}

/**
 * The steps whose policy runs on this exchange: for bodies and streams, whose policies were asked in an earlier walk. The same
 * list where no policy has a condition.
 */
export function runningSteps<Run>(exchange: RunningExchange, steps: readonly Step<Run>[]): readonly Step<Run>[] {
  if (!exchange.pipeline.conditional || steps.length === 0) return steps;
  return steps.filter((step) => (step.mode === 'shadow' ? runsInShadow(exchange, step) : runs(exchange, step)));
}

/** The same for steps that read the body, without those that do not want the one of this exchange. */
export function bodySteps(
  exchange: RunningExchange,
  steps: readonly Step<BodyStep<ExchangeView>>[],
): readonly Step<BodyStep<ExchangeView>>[] {
  const running = runningSteps(exchange, steps);
  return exchange.pipeline.choosy ? running.filter((step) => wants(exchange, step)) : running;
}

function wants(exchange: RunningExchange, step: Step<BodyStep<ExchangeView>>): boolean {
  try {
    return step.run.wants?.(viewOf(exchange, step)) ?? true;
  } catch {
    // Asked again when the step runs: the policy fails there.
    return true;
  }
}

/** A condition in shadow that has no answer is counted where the policy is tried; here it only does not hold. */
function runsInShadow(exchange: RunningExchange, attachment: Attachment): boolean {
  try {
    return runs(exchange, attachment);
  } catch {
    return false;
  }
}
