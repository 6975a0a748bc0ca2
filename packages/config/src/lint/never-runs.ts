import type { CheckedRoute, Handlers } from '@postern/model';
import { contradictionOf } from './contradiction.ts';
import { atEntry, named } from './order-pairs.ts';
import type { LintRemark, LintRule, LintedPipeline, LintedUse } from './rule.ts';

/** A policy that looks as if it protected something, and never gets a request. */
export const neverRuns: LintRule = {
  code: 'lint/never-runs',
  summary: 'A policy can never run: an earlier one always answers, or its conditions contradict each other.',
  *check({ pipelines }) {
    for (const pipeline of pipelines) {
      yield* behindAnswers(pipeline);
      for (const use of pipeline.uses) yield* contradicted(use, pipeline.routes);
    }
  },
};

function* behindAnswers({ uses }: LintedPipeline): Generator<LintRemark> {
  let answers: LintedUse | undefined;
  for (const use of uses) {
    if (answers !== undefined && seesRequests(use.handlers)) {
      const message = `the request step of "${use.policy.name}" never runs: ${named(answers)} always answers before it`;
      yield atEntry(use, { message, fix: `put it in front of "${answers.policy.name}", or remove it` });
    }
    if (answers === undefined && use.attached.when.length === 0 && use.traits.has('always-answers')) answers = use;
  }
}

function seesRequests(handlers: Handlers | undefined): boolean {
  return handlers?.request !== undefined || handlers?.requestBody !== undefined;
}

function* contradicted(use: LintedUse, routes: readonly CheckedRoute[]): Generator<LintRemark> {
  const { when } = use.attached;
  if (when.length === 0) return;
  const contradiction = contradictionOf(
    when.map(({ text }) => text),
    methodsOf(routes),
  );
  if (contradiction === undefined) return;
  const condition = when.at(-1);
  const message = `"${use.policy.name}" never runs here: ${contradiction}`;
  const at = condition === undefined ? use.attached : condition;
  yield { place: at.place, pointer: at.pointer, message, fix: 'mend the condition, or take the policy out' };
}

/** Methods that the routes take between them; undefined: any. HEAD goes where GET goes. */
function methodsOf(routes: readonly CheckedRoute[]): ReadonlySet<string> | undefined {
  if (routes.length === 0) return undefined;
  const methods = new Set<string>();
  for (const route of routes) {
    // An OPTIONS that no route names is passed on all the same.
    methods.add('OPTIONS');
    if (route.methods === undefined) return undefined;
    for (const method of route.methods) methods.add(method);
    if (route.methods.includes('GET')) methods.add('HEAD');
  }
  return methods;
}
