import { tryPlugin } from '@postern/kit/testkit';
import type { Setting } from '@postern/kit/testkit';
import quota from '@postern/plugin-quota';
import { test } from 'tap';
import type { Test } from 'tap';
import { needsRedis, redisServerFor } from '../../../test/kit/redis-server.ts';

const DAY = 86_400_000;
/** The first of January 2026, a Thursday: day 20,454 since 1970. */
const START = Date.UTC(2026, 0, 1);
const ADA = { consumer: { name: 'ada', labels: {} } };

function trial(t: Test, config: object, setting: Omit<Setting, 'config'> = {}) {
  const tried = tryPlugin(quota, { config: { store: 'memory', ...config }, caller: ADA, ...setting });
  t.teardown(() => tried.close());
  return tried;
}

for (const [window, seconds, until] of [
  ['1d', 86_400, START + DAY],
  ['7d', 604_800, START + 7 * DAY],
  // 20,454 is 24 days into a window of 30.
  ['30d', 2_592_000, START + 6 * DAY],
] as const)
  test(`over ${window} it grants the limit until midnight UTC at its end, and all of it again from then on`, async (t) => {
    const tried = trial(t, { limit: 2, window });
    const rows = [
      [START, 200, 1],
      [until - 1001, 200, 0],
      [until - 1001, 429, 0],
      [until - 1, 429, 0],
      [until, 200, 1],
    ] as const;
    for (const [now, status, left] of rows) {
      const { status: got, headers, body } = await tried.send({ now });
      const wait = Math.ceil(((now < until ? until : until + seconds * 1000) - now) / 1000);
      t.equal(got, status);
      t.equal(headers['ratelimit-policy'], `"policy";q=2;w=${seconds}`);
      t.equal(headers['ratelimit'], `"policy";r=${left};t=${wait}`);
      t.equal(headers['retry-after'], status === 429 ? String(wait) : undefined);
      if (status === 429) t.match(JSON.parse(body), { code: 'quota/spent', policy: 'policy' });
    }
  });

test('counts by consumer unless told otherwise; who is none counts by address', async (t) => {
  const known = trial(t, { limit: 1, window: '1d' });
  t.equal((await known.send()).status, 200);
  t.equal((await known.send({ from: '192.0.2.2' })).status, 429);
  const strangers = tryPlugin(quota, { config: { store: 'memory', limit: 1, window: '1d' } });
  t.equal((await strangers.send()).status, 200);
  t.equal((await strangers.send({ from: '192.0.2.2' })).status, 200);
  t.equal((await strangers.send()).status, 429);
});

test('in shadow it changes nothing', async (t) => {
  const tried = trial(t, { limit: 1, window: '1d' }, { mode: 'shadow' });
  for (const verdict of ['continue', 'would refuse']) {
    const answer = await tried.send();
    t.same([answer.status, answer.headers['ratelimit']], [200, undefined]);
    t.equal(answer.steps[0]?.verdict, verdict);
  }
});

test('warns of a quota that a restart forgets, and refuses one that is counted nowhere', async (t) => {
  const issues = (config: object) =>
    tryPlugin(quota, { config: { limit: 1, window: '1d', ...config } }).issues.map(({ code, severity, pointer }) => [
      severity,
      code,
      pointer,
    ]);
  t.same(issues({ store: 'memory' }), [['warning', 'quota/forgets', '/policies/0/config/store']]);
  t.same(issues({}), [['error', 'quota/redis-missing', '/policies/0/config']]);
  t.same(issues({ store: 'memory', redis: { url: 'redis://h' } }), [
    ['error', 'quota/redis-unused', '/policies/0/config/redis'],
  ]);
  t.same(issues({ redis: { url: 'redis://h/x' } }), [['error', 'quota/redis-url', '/policies/0/config/redis/url']]);
  t.same(issues({ store: 'memory', window: '1h' })[0], ['error', 'document/value', '/policies/0/config/window']);
});

test('what is spent stays spent over a start of the gateway, in Redis', needsRedis(), async (t) => {
  const { url } = await redisServerFor(t);
  const config = { limit: 2, window: '1d', store: 'redis', redis: { url, timeout: '5s' } };
  const left: (string | undefined)[] = [];
  for (let start = 0; start < 3; start += 1) {
    const tried = trial(t, config);
    // While it connects requests pass uncounted, on a busy machine some.
    let answer = await tried.send();
    while (answer.headers['ratelimit'] === undefined) answer = await tried.send();
    left.push(`${answer.status} ${answer.headers['ratelimit'].split(';')[1]}`);
    tried.close();
  }
  t.same(left, ['200 r=1', '200 r=0', '429 r=0']);
});

test('a store that is not there lets through and counts that, or refuses with 503, as failOpen says', async (t) => {
  // Nobody listens on port 1.
  const redis = { url: 'redis://127.0.0.1:1' };
  const open = trial(t, { limit: 1, window: '1d', store: 'redis', redis });
  for (let times = 0; times < 3; times += 1) {
    const { status, headers } = await open.send();
    t.same([status, headers['ratelimit']], [200, undefined]);
  }
  t.equal(open.counts.get('store_failed'), 3);
  t.match(open.written, [{ msg: /requests pass uncounted/, store: 'redis://127.0.0.1:1', reason: /not connected/ }]);
  t.equal(open.written.length, 1, 'once a second at most');
  const closed = trial(t, { limit: 1, window: '1d', store: 'redis', redis, failOpen: false });
  const { status, headers, body } = await closed.send();
  t.same([status, headers['retry-after']], [503, '1']);
  t.match(JSON.parse(body), { code: 'quota/store-unavailable' });
});
