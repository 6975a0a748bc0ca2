import { problem, refuse } from '@postern/kit';
import type { CompileContext, Exchange, Finding, Verdict } from '@postern/kit';
import type { AuthorizeConfig } from './config.ts';

/** What one rule, or the default, does to a request: undefined lets it in. */
export interface Outcome {
  readonly verdict: Verdict | undefined;
  count(): void;
}

/** One rule, ready for the request path. */
export interface Rule extends Outcome {
  readonly action: 'allow' | 'deny';
  /** Throws where the expression has no answer. */
  holds(exchange: Exchange): boolean;
  /** Counts a request for which the expression had no answer. */
  countNoAnswer(): void;
}

/** Turns the rules that people write into those that requests read, with every problem found on the way. */
export function toRules(
  { rules: written }: AuthorizeConfig,
  context: CompileContext,
): { readonly rules: readonly Rule[]; readonly problems: readonly Finding[] } {
  const rules: Rule[] = [];
  const problems: Finding[] = [];
  const names = new Set<string>();
  for (const [at, { name, when, action }] of written.entries()) {
    if (name !== undefined && names.size === names.add(name).size) problems.push(nameTwice(at, name));
    const read = context.condition(when);
    if (read.kind === 'wrong') {
      for (const finding of read.findings) problems.push({ ...finding, path: ['rules', at, 'when', ...finding.path] });
      continue;
    }
    const word = name ?? `rule-${at + 1}`;
    rules.push({
      ...toOutcome(action, word, context),
      action,
      holds: read.valueOf.bind(read),
      countNoAnswer: context.counter(`no_answer_in_${word}`),
    });
  }
  return { rules, problems };
}

/** What becomes of a request that the rule of this name decides on, or `default`. */
export function toOutcome(action: 'allow' | 'deny', name: string, context: CompileContext): Outcome {
  if (action === 'allow') return { verdict: undefined, count: context.counter(`allowed_by_${name}`) };
  // Which rule it was is not for the client: it would tell what to try next.
  const verdict = refuse({
    status: 403,
    code: 'authorize/denied',
    detail: 'The request is not allowed.',
    why: name === 'default' ? 'No rule allows it.' : `The rule ${name} denies it.`,
  });
  return { verdict, count: context.counter(`denied_by_${name}`) };
}

function nameTwice(at: number, name: string): Finding {
  return problem({
    code: 'authorize/name-twice',
    path: ['rules', at, 'name'],
    message: `an earlier rule is named ${JSON.stringify(name)} too`,
    fix: 'give it another name: decisions, log and metrics tell rules apart by it',
  });
}
