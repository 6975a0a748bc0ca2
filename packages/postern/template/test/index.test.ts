import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tryPlugin } from '@postern/kit/testkit';
import plugin from '../src/index.ts';

const config = { versions: ['1', '2'], fallback: '2' };

test('a version that is served goes upstream as it came', async () => {
  const answer = await tryPlugin(plugin, { config }).send({ headers: { 'x-api-version': '1' } });
  assert.equal(answer.status, 200);
  assert.equal(answer.upstream?.headers['x-api-version'], '1');
  assert.equal(answer.headers['vary'], 'x-api-version');
});

test('a version that is not served is refused, and the upstream is not asked', async () => {
  const answer = await tryPlugin(plugin, { config }).send({ headers: { 'x-api-version': '3' } });
  assert.equal(answer.status, 400);
  assert.equal(answer.steps[0]?.code, 'my-policy/not-served');
  assert.equal(answer.upstream, undefined);
});

test('a request that names no version gets the fallback, and is counted', async () => {
  const tried = tryPlugin(plugin, { config });
  const answer = await tried.send();
  assert.equal(answer.upstream?.headers['x-api-version'], '2');
  assert.equal(tried.counts.get('fallback'), 1);
});

test('without a fallback a request that names no version is refused', async () => {
  const answer = await tryPlugin(plugin, { config: { versions: ['1'] } }).send();
  assert.equal(answer.status, 400);
});

test('a fallback that is not served is a problem with its place and its mend', () => {
  const { issues } = tryPlugin(plugin, { config: { versions: ['1', '2'], fallback: '3' } });
  assert.equal(issues[0]?.code, 'my-policy/fallback');
  assert.equal(issues[0]?.pointer, '/policies/0/config/fallback');
  assert.equal(issues[0]?.fix, 'write 1 or 2');
});

test('in shadow it changes nothing, and says what it would have done', async () => {
  const answer = await tryPlugin(plugin, { config, mode: 'shadow' }).send({ headers: { 'x-api-version': '3' } });
  assert.equal(answer.status, 200);
  assert.equal(answer.steps[0]?.verdict, 'would refuse');
});
