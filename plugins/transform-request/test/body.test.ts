import { testContext } from '@postern/kit/testkit';
import { tryPlugin } from '@postern/kit/testkit';
import type { Handlers } from '@postern/kit';
import transformRequest from '@postern/plugin-transform-request';
import { test } from 'tap';

function stepsOf(config: object): Handlers {
  const compiled = transformRequest.compile(config, testContext());
  if (Array.isArray(compiled)) throw new Error(JSON.stringify(compiled));
  return compiled as Handlers;
}

test('without an edit of the body there is no body step: the body streams', async (t) => {
  const config = { headers: { set: { 'x-a': '1' } }, query: { remove: ['a'] }, path: '/x' };
  t.same(Object.keys(stepsOf(config)), ['request']);
  t.same(Object.keys(stepsOf({ rules: [{ operation: 'remove', location: 'body', key: '/a' }] })), ['requestBody']);
  t.same(Object.keys(stepsOf({ ...config, body: { remove: ['/a'] } })), ['request', 'requestBody']);
  t.equal(stepsOf({ body: { remove: ['/a'] } }).requestBody?.limit, 1024 * 1024, 'by default');
  t.equal(transformRequest.traits?.(config).length, 0);
  t.same(transformRequest.traits?.({ body: { remove: ['/a'] } }), ['transforms']);
});

const config = { body: { set: { '/a': 1 }, remove: ['/x'] }, maxBody: '1KiB' };

test('what is no JSON is 400, as is a body that could be read in two ways or has no place for a value', async (t) => {
  const tried = tryPlugin(transformRequest, { config: { ...config, body: { set: { '/list/5': 1 } } } });
  const deep = `{"a":${'['.repeat(200)}${']'.repeat(200)}}`;
  const bad = ['{', '{"list":[],}', '[1] 2', 'null x', deep, '{"list":1,"list":2}', '[1]', '"text"', '{"list":[1]}'];
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  for (const body of bad) {
    const answer = await tried.send({ method: 'POST', headers, body });
    t.equal(answer.status, 400, body.slice(0, 20));
    t.match(JSON.parse(answer.body), { code: 'transform-request/body', policy: 'policy' });
    t.equal(answer.upstream, undefined);
  }
  const answer = await tried.send({ method: 'POST', headers, body: Uint8Array.of(0x7b, 0xff, 0x7d) });
  t.equal(answer.status, 400, 'no UTF-8');
});

test('types that are JSON are edited; others pass as they are, or are 415', async (t) => {
  const lenient = tryPlugin(transformRequest, { config });
  const strict = tryPlugin(transformRequest, { config: { ...config, onOtherType: 'refuse' } });
  for (const [type, isJson] of [
    ['application/json', true],
    ['Application/JSON; charset=utf-8', true],
    ['application/merge-patch+json', true],
    ['text/json', true],
    ['text/plain', false],
    ['application/x-ndjson', false],
    ['application/jsonp', false],
    ['application/json-seq', false],
    ['', false],
  ] as const) {
    const request = { method: 'POST', ...(type === '' ? {} : { headers: { 'content-type': type } }), body: '{"x":1}' };
    t.equal(
      (await lenient.send(request)).upstream?.body,
      isJson ? '{"a":1}' : '{"x":1}',
      `${type} is edited or passes`,
    );
    const refused = await strict.send(request);
    t.equal(refused.status, isJson ? 200 : 415, `${type} is edited or refused`);
    if (!isJson) t.match(JSON.parse(refused.body), { code: 'transform-request/type' });
  }
});

test('a body over the limit is 413; one of another type streams whatever its size', async (t) => {
  const tried = tryPlugin(transformRequest, { config });
  const large = JSON.stringify('x'.repeat(2000));
  const json = await tried.send({ method: 'POST', headers: { 'content-type': 'application/json' }, body: large });
  t.equal(json.status, 413);
  const text = await tried.send({ method: 'POST', headers: { 'content-type': 'text/plain' }, body: large });
  t.same([text.status, text.upstream?.body], [200, large]);
  t.same(
    text.steps.map(({ step }) => step),
    [],
    'no step ran on it',
  );
});

test('a request without a body has nothing to edit', async (t) => {
  const headers = { 'content-type': 'application/json' };
  for (const onOtherType of ['skip', 'refuse']) {
    const tried = tryPlugin(transformRequest, { config: { ...config, onOtherType } });
    t.equal((await tried.send({ headers })).status, 200);
    t.equal((await tried.send({ method: 'POST', headers, body: '' })).status, 200);
    t.equal((await tried.send({ method: 'POST' })).status, 200);
  }
});

test('a body that no edit changes goes on in its own bytes', async (t) => {
  const tried = tryPlugin(transformRequest, { config: { body: { remove: ['/x'], rename: { '/y': 'z' } } } });
  const body = ' {"a" : 1.0}\n';
  const answer = await tried.send({
    method: 'POST',
    headers: { 'content-type': 'application/json', digest: 'd' },
    body,
  });
  t.equal(answer.upstream?.body, body);
  t.equal(answer.upstream?.headers['digest'], 'd', 'and with its digest');
});
