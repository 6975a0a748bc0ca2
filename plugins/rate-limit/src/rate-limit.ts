import { definePlugin, Duration, problem, Schema } from '@postern/kit';
import { compileLimit, limitKeys } from '@postern/rate-store';
import type { LimitWords } from '@postern/rate-store';

const MOST = 1_000_000_000;

const WORDS: LimitWords = {
  spent: { code: 'rate-limit/exceeded', detail: 'Too many requests: try again later.' },
  unavailable: { code: 'rate-limit/store-unavailable', detail: 'Requests cannot be counted now: try again later.' },
  redisMissing: 'rate-limit/redis-missing',
  redisUnused: 'rate-limit/redis-unused',
  redisUrl: 'rate-limit/redis-url',
};

/** Limits how fast clients may send requests. */
export const rateLimit = definePlugin({
  name: 'rate-limit',
  summary: 'Limits how fast clients may send requests',
  config: Schema.Object({
    limit: Schema.Integer({
      description: 'Requests that one client may send in a window of time.',
      minimum: 1,
      maximum: MOST,
      examples: [100],
    }),
    window: Duration('The time that the limit is for.', { examples: ['1m'] }),
    algorithm: Schema.Optional(
      Schema.Union([Schema.Literal('token-bucket'), Schema.Literal('sliding-window')], {
        description:
          'token-bucket: the limit on average, evenly over the window, and burst at once. sliding-window: never more than the limit in any span as long as the window.',
        default: 'token-bucket',
      }),
    ),
    burst: Schema.Optional(
      Schema.Integer({
        description: 'Requests that one client may send at once after a rest, with a token bucket. Absent: the limit.',
        minimum: 1,
        maximum: MOST,
        examples: [20],
      }),
    ),
    store: Schema.Optional(
      Schema.Union([Schema.Literal('memory'), Schema.Literal('redis')], {
        description: 'Where requests are counted: in this gateway, its workers together, or in Redis for many nodes.',
        default: 'memory',
      }),
    ),
    ...limitKeys,
  }),
  answers: () => false,
  compile(config, context) {
    const { limit, window, algorithm = 'token-bucket', burst, store = 'memory' } = config;
    const limited = compileLimit(
      { config: { ...config, store }, terms: { limit, window, algorithm, burst: burst ?? limit }, words: WORDS },
      context,
    );
    if (algorithm === 'token-bucket' || burst === undefined) return limited;
    const unused = problem({
      code: 'rate-limit/burst-unused',
      path: ['burst'],
      message: 'a sliding window knows no burst: the whole limit may come at once',
      fix: 'take burst out, or write algorithm: token-bucket',
    });
    return 'length' in limited ? [...limited, unused] : [unused];
  },
});
