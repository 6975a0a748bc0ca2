import { definePlugin } from '@postern/kit';
import type { Exchange, Verdict } from '@postern/kit';
import { authorizeConfig } from './config.ts';
import { toOutcome, toRules } from './rules.ts';
import type { Rule } from './rules.ts';

/** Lets requests in or turns them away by rules over what is known of the request and of who sends it. */
export const authorize = definePlugin({
  name: 'authorize',
  summary: 'Lets requests in or turns them away by rules in CEL, the first that fits',
  config: authorizeConfig,
  guards: (config) => config.default !== 'allow' || config.rules.some(({ action }) => action === 'deny'),
  answers: () => false,
  compile(config, context) {
    const { rules, problems } = toRules(config, context);
    if (problems.length > 0) return problems;
    const otherwise = toOutcome(config.default ?? 'deny', 'default', context);
    if (otherwise.verdict === undefined && !rules.some(({ action }) => action === 'deny')) {
      context.warn({
        code: 'authorize/denies-nothing',
        path: ['default'],
        message: 'no rule denies, and neither does the default: every request gets in',
        fix: 'take default: allow out, or add a rule with action: deny',
      });
    }
    return {
      request: function authorizeRequest(exchange: Exchange): Verdict | undefined {
        for (const rule of rules) {
          if (!fits(rule, exchange)) continue;
          rule.count();
          return rule.verdict;
        }
        otherwise.count();
        return otherwise.verdict;
      },
    };
  },
});

/** A rule without an answer must let nobody in: one that allows does not fit, one that denies does. */
function fits(rule: Rule, exchange: Exchange): boolean {
  try {
    return rule.holds(exchange);
  } catch {
    rule.countNoAnswer();
    return rule.action === 'deny';
  }
}
