import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tryPlugin } from '@postern/kit/testkit';
import plugin from '../src/index.js';

const config = { deprecated: '2026-06-30', sunset: '2026-12-31T12:00:00Z', link: 'https://example.com/v2' };
const BEFORE = Date.UTC(2026, 6, 1);
const AFTER = Date.UTC(2027, 0, 1);

test('before the sunset requests pass, and every answer says what is coming', async () => {
  const tried = tryPlugin(plugin, { config });
  const answer = await tried.send({ now: BEFORE, upstream: { status: 404, headers: { link: '</next>; rel="next"' } } });
  assert.equal(answer.status, 404);
  assert.deepEqual(answer.headers, {
    sunset: 'Thu, 31 Dec 2026 12:00:00 GMT',
    deprecation: '@1782777600',
    link: '</next>; rel="next", <https://example.com/v2>; rel="sunset"',
  });
  assert.deepEqual([...tried.counts], [['used', 1]]);
});

test('from the sunset on requests are refused with 410, which has the headers too', async () => {
  const tried = tryPlugin(plugin, { config });
  const answer = await tried.send({ now: Date.UTC(2026, 11, 31, 12) });
  assert.equal(answer.status, 410);
  assert.equal(answer.steps[0]?.code, 'sunset/gone');
  assert.equal(answer.upstream, undefined);
  assert.equal(answer.headers['sunset'], 'Thu, 31 Dec 2026 12:00:00 GMT');
  assert.match(answer.body, /https:\/\/example\.com\/v2/);
  assert.deepEqual([...tried.counts], [['gone', 1]]);
});

test('an API that goes on after its sunset is served', async () => {
  const answer = await tryPlugin(plugin, { config: { ...config, after: 'serve' } }).send({ now: AFTER });
  assert.equal(answer.status, 200);
});

test('in shadow nothing changes', async () => {
  const answer = await tryPlugin(plugin, { config, mode: 'shadow' }).send({ now: AFTER });
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.headers, {});
  assert.equal(answer.steps[0]?.verdict, 'would refuse');
});

/** @type {Record<string, { config: object, codes: string[] }>} */
const WRONG = {
  'no day at all': { config: { deprecated: 'soon', sunset: '31.12.2026' }, codes: ['sunset/date', 'sunset/date'] },
  'a day that no calendar has': { config: { sunset: '2026-02-30' }, codes: ['sunset/date'] },
  'an end before the deprecation': {
    config: { deprecated: '2026-12-31', sunset: '2026-06-30' },
    codes: ['sunset/before-deprecation'],
  },
  'a link that would leave its header': {
    config: { sunset: '2026-12-31', link: 'https://x>; rel="me"' },
    codes: ['document/value'],
  },
  'a word that is none': { config: { sunset: '2026-12-31', after: 'warn' }, codes: ['document/value'] },
};

for (const [name, { config: wrong, codes }] of Object.entries(WRONG))
  test(`${name} is an issue`, () => {
    const { issues } = tryPlugin(plugin, { config: wrong });
    assert.deepEqual(
      issues.map(({ code }) => code),
      codes,
    );
  });
