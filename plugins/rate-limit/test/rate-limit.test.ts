import { tryPlugin } from '@postern/kit/testkit';
import type { Answer, Setting, TriedRequest } from '@postern/kit/testkit';
import rateLimit from '@postern/plugin-rate-limit';
import { test } from 'tap';
import type { Test } from 'tap';
import { needsRedis, redisServerFor } from '../../../test/kit/redis-server.ts';

const START = Date.UTC(2026, 0, 1);

function trial(t: Test, config: object, setting: Omit<Setting, 'config'> = {}) {
  const tried = tryPlugin(rateLimit, { config, ...setting });
  t.teardown(() => tried.close());
  return tried;
}

/** The statuses of requests, one after the other. */
async function statuses(
  tried: ReturnType<typeof trial>,
  requests: readonly TriedRequest[],
): Promise<readonly number[]> {
  const all: number[] = [];
  for (const request of requests) all.push((await tried.send(request)).status);
  return all;
}

const limits = ({ headers }: Answer) => [headers['ratelimit-policy'], headers['ratelimit'], headers['retry-after']];

/** Codes and pointers of what stands against a config. */
function issuesOf(config: object): readonly (readonly [string, string])[] {
  return tryPlugin(rateLimit, { config }).issues.map(({ code, pointer }) => [
    code,
    pointer.replace('/policies/0/config', ''),
  ]);
}

test('lets the limit through at once and the rest as it comes in, and says on every answer what is left', async (t) => {
  const tried = trial(t, { limit: 3, window: '6s' });
  const rows = [
    [0, 200, '"policy";r=2;t=2', undefined],
    [0, 200, '"policy";r=1;t=2', undefined],
    [500, 200, '"policy";r=0;t=2', undefined],
    [600, 429, '"policy";r=0;t=2', '2'],
    [1999, 429, '"policy";r=0;t=1', '1'],
    [2000, 200, '"policy";r=0;t=2', undefined],
    [20_000, 200, '"policy";r=2;t=2', undefined],
  ] as const;
  for (const [after, status, left, retry] of rows) {
    const answer = await tried.send({ now: START + after });
    t.equal(answer.status, status, `after ${after} ms`);
    t.same(limits(answer), ['"policy";q=3;w=6', left, retry]);
    t.equal(answer.upstream === undefined, status === 429);
  }
});

test('refuses with a problem that says what, and nothing of others', async (t) => {
  const tried = trial(t, { limit: 1, window: '1m' });
  await tried.send();
  const { status, headers, body } = await tried.send();
  t.equal(status, 429);
  t.equal(headers['content-type'], 'application/problem+json');
  t.match(JSON.parse(body), { status: 429, code: 'rate-limit/exceeded', policy: 'policy', detail: /try again later/ });
});

test('a burst of its own is what comes at once, and is said under a name of its own', async (t) => {
  const tried = trial(t, { limit: 60, window: '1m', burst: 2 });
  t.same(limits(await tried.send({ now: START })), [
    '"policy";q=60;w=60;postern-burst=2',
    '"policy";r=1;t=1',
    undefined,
  ]);
  const rest = [0, 0, 999, 1000, 1000].map((after) => ({ now: START + after }));
  t.same(await statuses(tried, rest), [200, 429, 429, 200, 429]);
});

test('a sliding window has no edge at which twice the limit goes through', async (t) => {
  const tried = trial(t, { limit: 2, window: '10s', algorithm: 'sliding-window' });
  const moments = [9000, 9990, 10_010, 18_999, 19_000, 19_001, 19_990];
  t.same(
    await statuses(
      tried,
      moments.map((after) => ({ now: START + after })),
    ),
    [200, 200, 429, 429, 200, 429, 200],
  );
});

test('counts by client address unless told otherwise, and an IPv6 network of 64 bits as one', async (t) => {
  const tried = trial(t, { limit: 1, window: '1m' });
  const froms = [
    ['192.0.2.1', 200],
    ['192.0.2.2', 200],
    ['192.0.2.1', 429],
    ['2001:db8:1:2::1', 200],
    ['2001:0DB8:1:2:ffff::', 429],
    ['2001:db8:1:2:3:4:5:6', 429],
    ['2001:db8:1:3::1', 200],
    ['2001:db8::', 200],
    ['2001:db8:0:0:1::', 429],
    ['2001:db8::198.51.100.7', 429],
    ['::1', 200],
    ['::ffff:192.0.2.1', 429],
  ] as const;
  t.same(
    await statuses(
      tried,
      froms.map(([from]) => ({ from })),
    ),
    froms.map(([, status]) => status),
  );
});

const OTHER = { from: '192.0.2.9' };

for (const [name, by, one, same, other] of [
  [
    'a header',
    { header: 'X-Key' },
    { headers: { 'x-key': 'a' } },
    { headers: { 'x-key': 'a' }, ...OTHER },
    { headers: { 'x-key': 'b' } },
  ],
  [
    'an expression',
    { expression: "request.headers['x-key']" },
    { headers: { 'x-key': 'a' } },
    { headers: { 'x-key': 'a' }, ...OTHER },
    { headers: { 'x-key': 'b' } },
  ],
] as const)
  test(`counts by ${name}; where there is none the address counts, and no value stands in for an address`, async (t) => {
    const tried = trial(t, { limit: 1, window: '1m', by });
    t.same(await statuses(tried, [one, same, other, {}, {}, OTHER]), [200, 429, 200, 200, 429, 200]);
    for (const value of ['ip 192.0.2.50', '= a', '192.0.2.50'])
      t.equal((await tried.send({ headers: { 'x-key': value } })).status, 200, value);
    t.equal((await tried.send({ from: '192.0.2.50' })).status, 200, 'nobody has spent what is left for it');
    const long = 'x'.repeat(5000);
    t.same(
      await statuses(
        tried,
        [long, `${long}y`, long].map((value) => ({ headers: { 'x-key': value } })),
      ),
      [200, 200, 429],
    );
  });

test('counts by consumer and by claim; who has none counts by address', async (t) => {
  const config = { limit: 1, window: '1m', by: 'consumer' };
  const known = trial(t, config, { caller: { consumer: { name: 'ada', labels: {} } } });
  t.same(await statuses(known, [{}, OTHER]), [200, 429]);
  t.same(await statuses(trial(t, config), [{}, OTHER, {}]), [200, 200, 429]);
  const claims = { ...config, by: { claim: 'sub' } };
  t.same(await statuses(trial(t, claims, { caller: { claims: { sub: 'ada' } } }), [{}, OTHER]), [200, 429]);
  for (const sub of ['', ['a', {}], { a: 1 }, null])
    t.same(await statuses(trial(t, claims, { caller: { claims: { sub } } }), [{}, OTHER, {}]), [200, 200, 429]);
});

test('in shadow it changes nothing and counts for itself', async (t) => {
  const tried = trial(t, { limit: 1, window: '1m' }, { mode: 'shadow' });
  for (const verdict of ['continue', 'would refuse']) {
    const answer = await tried.send();
    t.equal(answer.status, 200);
    t.same(limits(answer), [undefined, undefined, undefined]);
    t.equal(answer.steps[0]?.verdict, verdict);
  }
});

test('says nothing of limits when told so, and has then no response step', async (t) => {
  const tried = trial(t, { limit: 1, window: '1m', headers: false });
  t.same(limits(await tried.send()), [undefined, undefined, undefined]);
  const refused = await tried.send({ now: START + 1 });
  t.same([refused.status, ...limits(refused)], [429, undefined, undefined, '60']);
  t.same(
    refused.steps.map(({ step }) => step),
    ['request'],
  );
});

test('adds to what an upstream says of its own limits, and leaves a window out that is no whole second', async (t) => {
  const tried = trial(t, { limit: 5, window: '1500ms' });
  const { headers } = await tried.send({
    upstream: { headers: { RateLimit: '"up";r=1', 'RateLimit-Policy': '"up";q=2' } },
  });
  t.equal(headers['ratelimit-policy'], '"up";q=2, "policy";q=5');
  t.equal(headers['ratelimit'], '"up";r=1, "policy";r=4;t=1');
});

test('a test of a document says what the counter would, and a rehearsal finds it untouched', async (t) => {
  const tried = trial(t, { limit: 5, window: '1m' });
  const outside = { 'take requests': { granted: false, remaining: 0, resetAt: START + 1500 } };
  const told = await tried.send({ outside, now: START });
  t.same([told.status, told.headers['retry-after']], [429, '2']);
});

test('a config that cannot be meant is refused with every problem at once', async (t) => {
  const good = { limit: 1, window: '1s' };
  t.same(issuesOf(good), []);
  const rows: readonly (readonly [object, readonly (readonly [string, string])[]])[] = [
    [{ ...good, algorithm: 'sliding-window', burst: 2 }, [['rate-limit/burst-unused', '/burst']]],
    [{ ...good, store: 'redis' }, [['rate-limit/redis-missing', '']]],
    [{ ...good, redis: { url: 'redis://h' } }, [['rate-limit/redis-unused', '/redis']]],
    ...['redis://', 'redis://h/x', 'redis://h?password=x', 'redis://h:99999', 'redis://h#x'].map(
      (url) => [{ ...good, store: 'redis', redis: { url } }, [['rate-limit/redis-url', '/redis/url']]] as const,
    ),
    [{ ...good, by: { expression: 'request.pat' } }, [['conditions/unknown-name', '/by/expression']]],
    [{ ...good, by: { expression: '1 + 1' } }, [['conditions/type', '/by/expression']]],
    [{ ...good, by: { header: 'no header' } }, [['document/value', '/by/header']]],
    [{ ...good, by: 'header' }, [['document/value', '/by']]],
    [{ ...good, limit: 0 }, [['document/value', '/limit']]],
    [{ ...good, window: 60 }, [['document/value', '/window']]],
    [{ limit: 1 }, [['document/missing-key', '']]],
    [
      { ...good, algorithm: 'sliding-window', burst: 2, store: 'redis', by: { expression: '(' } },
      [
        ['conditions/syntax', '/by/expression'],
        ['rate-limit/redis-missing', ''],
        ['rate-limit/burst-unused', '/burst'],
      ],
    ],
  ];
  for (const [config, expected] of rows)
    t.same(new Set(issuesOf(config).map(String)), new Set(expected.map(String)), JSON.stringify(config));
});

test('a password in the document is a warning, a URL without one is none', async (t) => {
  const config = (url: string) => ({ limit: 1, window: '1s', store: 'redis', redis: { url } });
  t.same(issuesOf(config('redis://127.0.0.1:6379')), []);
  t.same(issuesOf(config('redis://:secret@127.0.0.1:6379')), [['secrets/plain', '/redis/url']]);
});

test('in Redis a shadow spends nothing that counts, and no value of a header stands there', needsRedis(), async (t) => {
  const redis = await redisServerFor(t);
  const { url } = redis;
  const config = { limit: 2, window: '1h', by: { header: 'x-key' }, store: 'redis', redis: { url, timeout: '5s' } };
  const request = { headers: { 'x-key': 'hush' } };
  const shadow = trial(t, config, { mode: 'shadow' });
  const enforced = trial(t, config);
  // While it connects requests pass uncounted, on a busy machine some.
  while ((await enforced.send({ headers: { 'x-key': 'other' } })).headers['ratelimit'] === undefined);
  for (let times = 0; times < 4; times += 1) t.equal((await shadow.send(request)).status, 200);
  t.same(await statuses(enforced, [request, request, request]), [200, 200, 429]);
  const find = `for _, k in ipairs(redis.call('KEYS', '*')) do if string.find(k, 'hush', 1, true) then return 1 end end`;
  t.equal(await redis.ask(`EVAL "${find} return 0" 0`), ':0');
  t.equal(await redis.ask('DBSIZE'), ':3', 'the other, and one each');
});
