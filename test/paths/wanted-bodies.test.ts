/** A body step says by the head which bodies it wants; all others are not read for its sake. */
import { refuse } from '@postern/kit';
import type { Body } from '@postern/kit';
import { test } from 'tap';
import { gatewayFor } from '../kit/gateway.ts';
import { documentOf, pluginOf } from '../kit/policies.ts';
import { request } from '../kit/raw-client.ts';
import { until } from '../kit/until.ts';
import { upstreamFor } from '../kit/upstream.ts';

const LARGE = 'x'.repeat(500);

/** A plugin that reads bodies of at most 100 bytes, and wants those of messages with `x-want`. */
const choosy = (name: string, read: string[]) =>
  pluginOf(name, (tag) => {
    const run = (_exchange: unknown, body: Body): undefined => void read.push(`${tag} ${body.text()}`);
    return {
      requestBody: { limit: 100, wants: (exchange) => exchange.request.headers.has('x-want'), run },
      responseBody: { limit: 100, wants: ({ response }) => response.headers.has('x-want'), run },
    };
  });

test('a body that no step wants streams, whatever its size; one that is wanted is read', async (t) => {
  const upstream = await upstreamFor(t, ({ headers }, response, { body }) => {
    if (headers['x-answer'] !== undefined) response.setHeader('x-want', '1');
    response.end(body);
  });
  const read: string[] = [];
  const gateway = await gatewayFor(t, documentOf(upstream.url, ['name: a, plugin: choosy, config: { tag: a }']), [
    choosy('choosy', read),
  ]);
  const post = (headers: readonly [string, string][], body: string) => request(gateway.port(), 'POST /', headers, body);
  t.same((await post([], LARGE)).body, LARGE);
  t.same(read, []);
  t.equal((await post([['X-Want', '1']], LARGE)).status, 413);
  t.equal((await post([['X-Answer', '1']], LARGE)).status, 502);
  t.equal(
    (
      await post(
        [
          ['X-Want', '1'],
          ['X-Answer', '1'],
        ],
        'small',
      )
    ).body,
    'small',
  );
  t.same(read, ['a small', 'a small']);
});

test('a step runs on no body that it does not want, though another one reads it, and its limit does not count', async (t) => {
  const upstream = await upstreamFor(t, (_request, response, { body }) => response.end(body));
  const read: string[] = [];
  const reader = pluginOf('reader', () => ({
    requestBody: { limit: 1000, run: () => void read.push('all') },
    responseBody: { limit: 1000, run: () => void read.push('all') },
  }));
  const policies = ['name: a, plugin: choosy', 'name: b, plugin: reader'];
  const gateway = await gatewayFor(t, documentOf(upstream.url, policies), [choosy('choosy', read), reader]);
  t.equal((await request(gateway.port(), 'POST /', [], LARGE)).body, LARGE);
  t.same(read, ['all', 'all']);
});

test('in shadow as well, beside steps that count and without any', async (t) => {
  const upstream = await upstreamFor(t, (_request, response, { body }) => response.end(body));
  const read: string[] = [];
  const reader = pluginOf('reader', () => ({ requestBody: { limit: 1000, run: () => void read.push('all') } }));
  const alone = ['name: a, plugin: choosy, mode: shadow, config: { tag: a }'];
  const gateway = await gatewayFor(t, documentOf(upstream.url, alone), [choosy('choosy', read), reader]);
  await request(gateway.port(), 'POST /', [], 'unwanted');
  await request(gateway.port(), 'POST /', [['X-Want', '1']], 'wanted');
  await until(async () => read.length > 0, 'it is not tried');
  t.same(read, ['a wanted']);
  t.same(await gateway.apply(documentOf(upstream.url, [...alone, 'name: b, plugin: reader'])), []);
  await request(gateway.port(), 'POST /', [], 'unwanted');
  await request(gateway.port(), 'POST /', [['X-Want', '1']], 'wanted');
  t.same(read.slice(1), ['all', 'a wanted', 'all']);
});

test('a step that breaks on the question refuses, or is skipped where its policy says so', async (t) => {
  const upstream = await upstreamFor(t, (_request, response, { body }) => response.end(body));
  const broken = pluginOf('broken', () => ({
    requestBody: {
      limit: 100,
      wants: () => {
        throw new Error('secret');
      },
      run: () => refuse({ status: 418, code: 'broken/ran', detail: 'It ran.' }),
    },
  }));
  const gateway = await gatewayFor(t, documentOf(upstream.url, ['name: a, plugin: broken']), [broken]);
  const refused = await request(gateway.port(), 'POST /', [], 'x');
  t.equal(refused.status, 500);
  t.match(JSON.parse(refused.body), { code: 'policy/threw' });
  t.same(await gateway.apply(documentOf(upstream.url, ['name: a, plugin: broken, onError: skip'])), []);
  t.equal((await request(gateway.port(), 'POST /', [], 'x')).body, 'x');
});

test('a question that is no function is a mistake of the plugin, told when the document is checked', async (t) => {
  const upstream = await upstreamFor(t);
  const strange: Record<string, unknown> = { requestBody: { limit: 1, wants: true, run: () => undefined } };
  const plugins = [choosy('choosy', []), pluginOf('strange', () => strange)];
  const gateway = await gatewayFor(t, documentOf(upstream.url, ['name: a, plugin: choosy']), plugins);
  t.same(await gateway.apply(documentOf(upstream.url, ['name: a, plugin: strange'])), ['plugin/strange-result']);
});
