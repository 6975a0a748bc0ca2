import { definePlugin, Schema } from '@postern/kit';
import { compileLimit, limitKeys } from '@postern/rate-store';
import type { LimitWords } from '@postern/rate-store';

const DAY = 24 * 60 * 60 * 1000;
const WINDOWS = { '1d': DAY, '7d': 7 * DAY, '30d': 30 * DAY } as const;

const WORDS: LimitWords = {
  spent: { code: 'quota/spent', detail: 'The quota is spent.' },
  unavailable: { code: 'quota/store-unavailable', detail: 'Requests cannot be counted now: try again later.' },
  redisMissing: 'quota/redis-missing',
  redisUnused: 'quota/redis-unused',
  redisUrl: 'quota/redis-url',
};

/** Limits how many requests clients may send in a day, a week or a month. */
export const quota = definePlugin({
  name: 'quota',
  summary: 'Limits how many requests clients may send in a day, a week or 30 days',
  config: Schema.Object({
    limit: Schema.Integer({
      description: 'Requests that one client may send in a window.',
      minimum: 1,
      maximum: 1_000_000_000_000,
      examples: [10_000],
    }),
    window: Schema.Union([Schema.Literal('1d'), Schema.Literal('7d'), Schema.Literal('30d')], {
      description:
        'Windows begin at midnight UTC: each day, each Thursday, or each 30th day since the first of January 1970.',
      examples: ['1d'],
    }),
    store: Schema.Optional(
      Schema.Union([Schema.Literal('memory'), Schema.Literal('redis')], {
        description: 'Where requests are counted: in Redis, or in this gateway, which forgets them at its end.',
        default: 'redis',
      }),
    ),
    ...limitKeys,
  }),
  answers: () => false,
  compile(config, context) {
    const { limit, window, store = 'redis', by = 'consumer' } = config;
    const terms = { limit, window: WINDOWS[window], algorithm: 'fixed-window' } as const;
    const limited = compileLimit({ config: { ...config, store, by }, terms, words: WORDS }, context);
    if (store === 'memory' && !('length' in limited))
      context.warn({
        code: 'quota/forgets',
        path: ['store'],
        message: 'a quota in memory begins anew with every start of the gateway, and each node has its own',
        fix: 'write store: redis',
      });
    return limited;
  },
});
