import { refuse } from '@postern/kit';
import type {
  Budget,
  BudgetTerms,
  CompileContext,
  CompileResult,
  Exchange,
  Finding,
  Handlers,
  ResponseExchange,
  Taken,
  Verdict,
} from '@postern/kit';
import { compileCallerKey } from './caller-key.ts';
import { fieldsFor, secondsUntil } from './fields.ts';
import type { LimitConfig } from './limit-keys.ts';
import { redisBudget } from './redis-budget.ts';
import type { StoreTaken } from './redis-budget.ts';
import { redisOf } from './redis-config.ts';
import type { RedisWords } from './redis-config.ts';
import { acquireLink } from './shared-links.ts';

/** What a plugin calls things. */
export interface LimitWords extends RedisWords {
  readonly spent: { readonly code: string; readonly detail: string };
  readonly unavailable: { readonly code: string; readonly detail: string };
}

/** What a plugin makes of its config. */
export interface Limit {
  readonly config: LimitConfig;
  readonly terms: BudgetTerms;
  readonly words: LimitWords;
}

/** Seconds after which a client may try again when the store did not answer. */
const TRY_AGAIN = '1';

/** The steps of a policy that limits, or what is wrong with its config. */
export function compileLimit({ config, terms, words }: Limit, context: CompileContext): CompileResult {
  const keyOf = compileCallerKey(config, context);
  const redis = redisOf(config, words);
  const problems: readonly Finding[] = [
    ...(typeof keyOf === 'function' ? [] : keyOf),
    ...(redis?.kind === 'wrong' ? redis.findings : []),
  ];
  if (typeof keyOf !== 'function' || redis?.kind === 'wrong') return problems;
  const { failOpen = true, headers = true } = config;
  const fields = fieldsFor(context.policy, terms);
  const budget = context.budget('requests', terms);
  const { spent, unavailable } = words;
  const closed = refuse({ status: 503, ...unavailable, headers: ['retry-after', TRY_AGAIN] });

  function judge(exchange: Exchange, taken: Taken): Verdict | undefined {
    if (headers) exchange.own = fields.limit(taken, exchange.now);
    if (taken.granted) return undefined;
    const seconds = Math.max(1, secondsUntil(taken.resetAt, exchange.now));
    return refuse({ status: 429, ...spent, headers: ['retry-after', String(seconds)] });
  }

  function judgeStored(exchange: Exchange, taken: StoreTaken): Verdict | undefined {
    if (taken.unknown !== true) return judge(exchange, taken);
    return failOpen ? undefined : closed;
  }

  const response = headers && {
    response: function limitResponse(exchange: ResponseExchange): void {
      const { own } = exchange;
      // Nothing where its request step did not run, or did not learn anything.
      if (typeof own !== 'string') return;
      const { headers: outgoing } = exchange.response;
      outgoing.add('ratelimit-policy', fields.policy);
      outgoing.add('ratelimit', own);
    },
  };

  if (redis === undefined)
    return {
      request: function limitRequest(exchange: Exchange) {
        const taken = exchange.take(budget, { key: keyOf(exchange) });
        return taken instanceof Promise ? taken.then((said) => judge(exchange, said)) : judge(exchange, taken);
      },
      ...response,
    };

  const held = acquireLink(redis.url);
  const failed = failureOf(context, redis.shown, failOpen);
  const { prefix, timeout } = redis;
  const stored: Budget = redisBudget(budget, { link: held.link, prefix, timeout, failed });
  const handlers: Handlers = {
    request: async function limitRequest(exchange: Exchange) {
      return judgeStored(exchange, await exchange.take(stored, { key: keyOf(exchange) }));
    },
    close: () => held.release(),
    ...response,
  };
  return handlers;
}

/** Counts what the store did not answer, and says so once a second at most: it would be once a request. */
function failureOf(context: CompileContext, store: string, failOpen: boolean): (reason: string, now: number) => void {
  const count = context.counter('store_failed');
  let saidAt = Number.NEGATIVE_INFINITY;
  let since = 0;
  return (reason, now) => {
    count();
    since += 1;
    if (now < saidAt + 1000 && now >= saidAt) return;
    context.write({
      msg: failOpen
        ? 'the store did not answer: requests pass uncounted'
        : 'the store did not answer: requests are refused',
      policy: context.policy,
      store,
      reason,
      failed: since,
    });
    saidAt = now;
    since = 0;
  };
}
