import { atEntry, named } from './order-pairs.ts';
import type { LintRemark, LintRule, LintedPipeline, LintedUse } from './rule.ts';

/** Of two policies that both set a header one works for nothing - and on responses it is the one people do not expect. */
export const twoWriters: LintRule = {
  code: 'lint/two-writers',
  summary: 'Two policies of one route write the same header.',
  *check({ pipelines }) {
    for (const pipeline of pipelines) {
      yield* writersOf(pipeline, 'request');
      yield* writersOf(pipeline, 'response');
    }
  },
};

function* writersOf({ uses }: LintedPipeline, direction: 'request' | 'response'): Generator<LintRemark> {
  const writers = new Map<string, LintedUse>();
  for (const use of uses) {
    // A condition is how people write a default and its exception.
    if (use.attached.when.length > 0) continue;
    for (const name of use.writes[direction] ?? []) {
      const before = writers.get(name);
      if (before === undefined) writers.set(name, use);
      else yield atEntry(use, said(name, direction, { before, use }));
    }
  }
}

function said(
  name: string,
  direction: 'request' | 'response',
  { before, use }: { readonly before: LintedUse; readonly use: LintedUse },
): Pick<LintRemark, 'message' | 'fix'> {
  const wins =
    direction === 'request'
      ? `the last one counts: "${use.policy.name}"`
      : `response steps run backwards, so the first one counts: "${before.policy.name}"`;
  const message = `"${use.policy.name}" writes the ${direction} header ${name}, and so does ${named(before)}; ${wins}`;
  return { message, fix: `write ${name} in one of the two` };
}
