import { testContext, tryPlugin } from '@postern/kit/testkit';
import type { Setting, TriedRequest } from '@postern/kit/testkit';
import transformResponse from '@postern/plugin-transform-response';
import { test } from 'tap';

type Rule = readonly [operation: string, location: string, key: string, value?: unknown];

const rules = (...all: readonly Rule[]): object => ({
  rules: all.map(([operation, location, key, value]) => ({
    operation,
    location,
    key,
    ...(value === undefined ? {} : { value }),
  })),
});

const JSON_TYPE = { 'content-type': 'application/json' };

async function answered(
  config: object,
  upstream: TriedRequest['upstream'],
  more: Setting & { request?: TriedRequest } = {},
) {
  const { request, ...setting } = more;
  const tried = tryPlugin(transformResponse, { ...setting, config });
  if (tried.issues.length > 0) throw new Error(JSON.stringify(tried.issues));
  const answer = await tried.send({ ...request, ...(upstream === undefined ? {} : { upstream }) });
  tried.close();
  return answer;
}

test('every operation on a header, in the form of rules and in that of maps', async (t) => {
  const there = { 'x-a': 'old', 'x-b': 'other' };
  const rows: readonly [name: string, config: object, headers: Record<string, string>, x: Record<string, string>][] = [
    ['upsert sets', rules(['upsert', 'header', 'X-A', 'new']), there, { 'x-a': 'new', 'x-b': 'other' }],
    ['upsert puts', rules(['upsert', 'header', 'x-a', 'new']), {}, { 'x-a': 'new' }],
    ['replace sets', rules(['replace', 'header', 'x-a', 'new']), there, { 'x-a': 'new', 'x-b': 'other' }],
    ['replace puts nothing', rules(['replace', 'header', 'x-a', 'new']), {}, {}],
    ['remove', rules(['remove', 'header', 'X-A']), there, { 'x-b': 'other' }],
    ['rename', rules(['rename', 'header', 'x-a', 'x-c']), there, { 'x-b': 'other', 'x-c': 'old' }],
    ['set', { headers: { set: { 'x-a': 'new' } } }, there, { 'x-a': 'new', 'x-b': 'other' }],
    ['add', { headers: { add: { 'x-a': 'new' } } }, there, { 'x-a': 'old, new', 'x-b': 'other' }],
    ['maps remove', { headers: { remove: ['x-a'] } }, there, { 'x-b': 'other' }],
    ['maps rename', { headers: { rename: { 'x-a': 'x-b' } } }, there, { 'x-b': 'old' }],
    [
      'in order',
      rules(['remove', 'header', 'x-a'], ['replace', 'header', 'x-a', '1'], ['upsert', 'header', 'x-a', '2']),
      there,
      { 'x-b': 'other', 'x-a': '2' },
    ],
  ];
  for (const [name, config, headers, wanted] of rows)
    t.same((await answered(config, { headers })).headers, wanted, name);
});

test('every operation on a body, in the form of rules and in that of maps', async (t) => {
  const rows: readonly [name: string, config: object, body: string, wanted: string][] = [
    [
      'upsert',
      rules(['upsert', 'body', '/a/b', [1]]),
      '{"id": 12345678901234567890}',
      '{"id": 12345678901234567890,"a": {"b":[1]}}',
    ],
    ['replace', rules(['replace', 'body', '/a', 2], ['replace', 'body', '/b', 2]), '{"a":1}', '{"a":2}'],
    ['remove', rules(['remove', 'body', '/secret']), '{"secret":{"x":"}"},"a":1}', '{"a":1}'],
    ['rename', rules(['rename', 'body', '/a', 'b']), '{"a":1}', '{"b":1}'],
    ['set', { body: { set: { '/a': 'x' } } }, '{}', '{"a":"x"}'],
    ['add', { body: { add: { '/a': 'x' } } }, '{"a":[]}', '{"a":["x"]}'],
    ['maps remove', { body: { remove: ['/a/1'] } }, '{"a":[1,2]}', '{"a":[1]}'],
    ['maps rename', { body: { rename: { '/a': '/b/a' } } }, '{"a":1}', '{"b":{"a":1}}'],
    ['a value without a place', { body: { set: { '/a': 'x', '/0/b': 1 } } }, '[{}]', '[{"b":1}]'],
    ['nothing to change', { body: { remove: ['/x'] } }, ' [1.0]\n', ' [1.0]\n'],
  ];
  for (const [name, config, body, wanted] of rows)
    t.equal((await answered(config, { headers: JSON_TYPE, body })).body, wanted, name);
});

test('a body that was changed has neither its old coding nor its old validator; one that was not keeps both', async (t) => {
  const headers = { ...JSON_TYPE, etag: '"1"', digest: 'd', 'accept-ranges': 'bytes' };
  t.same((await answered({ body: { remove: ['/a'] } }, { headers, body: '{"a":1}' })).headers, JSON_TYPE);
  t.same((await answered({ body: { remove: ['/a'] } }, { headers, body: '{"b":1}' })).headers, headers);
});

test('an answer that cannot be read is 502: what was to go from it must not leave with it', async (t) => {
  for (const body of ['{"secret":1', '<html>', '{"secret":1,"secret":2}', `${'['.repeat(200)}${']'.repeat(200)}`]) {
    const answer = await answered({ body: { remove: ['/secret'] } }, { headers: JSON_TYPE, body });
    t.equal(answer.status, 502, body.slice(0, 12));
    t.match(JSON.parse(answer.body), { code: 'transform-response/body' });
    t.notMatch(answer.body, 'secret');
  }
});

test('other types than JSON pass as they are, or are 502; without a body there is nothing to refuse', async (t) => {
  const html = { headers: { 'content-type': 'text/html' }, body: '{"a":1}' };
  const edits = { body: { remove: ['/a'] } };
  t.same((await answered(edits, html)).body, '{"a":1}');
  const refused = await answered({ ...edits, onOtherType: 'refuse' }, html);
  t.equal(refused.status, 502);
  t.match(JSON.parse(refused.body), { code: 'transform-response/type' });
  t.equal((await answered({ ...edits, onOtherType: 'refuse' }, {})).status, 200);
  t.equal(
    (await answered(edits, { headers: { 'content-type': 'application/problem+json' }, body: '{"a":1}' })).body,
    '{}',
  );
});

test('without an edit of the body there is no body step: the body streams', async (t) => {
  const stepsOf = (config: object): readonly string[] => {
    const compiled = transformResponse.compile(config, testContext());
    return Object.keys(compiled);
  };
  t.same(stepsOf({ headers: { set: { 'x-a': '1' } } }), ['response']);
  t.same(stepsOf({ body: { remove: ['/a'] } }), ['responseBody']);
  t.same(transformResponse.traits?.({ headers: {} }), []);
  t.same(transformResponse.traits?.(rules(['remove', 'body', '/a'])), ['transforms']);
  t.same(transformResponse.writes?.(rules(['rename', 'header', 'X-A', 'X-B'])), { response: ['x-a', 'x-b'] });
  t.equal(transformResponse.answers?.({}), false);
});

test('bodies of HEAD, 204, 206, 304 and event streams are not edited, their headers are', async (t) => {
  const config = { headers: { set: { 'x-a': '1' } }, body: { remove: ['/a'] } };
  const body = '{"a":1}';
  for (const status of [204, 206, 304]) {
    const answer = await answered(config, { status, headers: JSON_TYPE, body });
    t.same([answer.status, answer.body, answer.headers['x-a']], [status, body, '1']);
  }
  const head = await answered(config, { headers: JSON_TYPE, body }, { request: { method: 'HEAD' } });
  t.same([head.status, head.headers['x-a']], [200, '1']);
  const events = await answered(config, { headers: { 'content-type': 'text/event-stream' }, body });
  t.equal(events.body, body);
});

test('templates read the request, the claims and the consumer, and cannot end a header', async (t) => {
  const config = {
    headers: { set: { 'x-id': '{{ params.id }}', 'x-q': 'q {{ request.query.q }}', 'x-sub': '{{ claims.sub }}' } },
    body: { set: { '/links/self': '{{ request.path }}', '/who': '{{ consumer.name }}' } },
  };
  const answer = await answered(
    config,
    { headers: JSON_TYPE, body: '{}' },
    {
      path: '/items/{id}',
      request: { path: '/items/7?q=%0d%0aset-cookie:x' },
      caller: { consumer: { name: 'partner', labels: {} } },
    },
  );
  t.match(answer.headers, { 'x-id': '7', 'x-q': 'q ??set-cookie:x', 'x-sub': '' });
  t.equal(answer.headers['set-cookie'], undefined);
  t.equal(answer.body, '{"links":{"self":"/items/7"},"who":"partner"}');
});

test('headers are edited on answers that the gateway makes itself, bodies on those of the upstream only', async (t) => {
  const config = { headers: { set: { 'x-a': '1' } }, body: { set: { '/a': 1 } } };
  const answer = await answered(config, {}, { path: '/only', request: { path: '/other' } });
  t.equal(answer.status, 404);
  t.equal(answer.headers['x-a'], '1');
  t.equal(Reflect.get(Object(JSON.parse(answer.body)), 'a'), undefined);
});

test('a shadow edits nothing and refuses nothing; a policy acts on the protocols that it names', async (t) => {
  const config = { headers: { set: { 'x-a': '1' } }, body: { set: { '/a': 1 } } };
  const upstream = { headers: JSON_TYPE, body: '{}' };
  const shadow = await answered(config, upstream, { mode: 'shadow' });
  t.same([shadow.body, shadow.headers], ['{}', JSON_TYPE]);
  const broken = await answered(config, { ...upstream, body: '{' }, { mode: 'shadow' });
  t.same([broken.status, broken.body], [200, '{']);
  t.match(broken.steps.at(-1), { verdict: 'would refuse', code: 'transform-response/body' });
  const other = await answered({ ...config, protocols: ['HTTP/2'] }, upstream);
  t.same([other.body, other.headers], ['{}', JSON_TYPE]);
  const named = await answered({ ...config, protocols: ['HTTP/2'] }, upstream, { request: { protocol: 'HTTP/2' } });
  t.equal(named.body, '{"a":1}');
});

test('each problem of a config has its code and its place', async (t) => {
  const rows: readonly [config: object, code: string, pointer: string][] = [
    [
      { headers: { set: { 'Access-Control-Allow-Origin': '*' } } },
      'cors-owned',
      '/headers/set/Access-Control-Allow-Origin',
    ],
    [rules(['remove', 'header', 'transfer-encoding']), 'framing', '/rules/0/key'],
    [rules(['rename', 'header', 'x-a', 'access-control-max-age']), 'cors-owned', '/rules/0/value'],
    [{ headers: { remove: ['x-postern-a'] } }, 'reserved', '/headers/remove/0'],
    [{ headers: { set: { 'a:b': '' } } }, 'name', '/headers/set/a:b'],
    [{ headers: { remove: ['te'] } }, 'hop-by-hop', '/headers/remove/0'],
    [{ headers: { set: { 'x-a': '\u0000' } } }, 'value', '/headers/set/x-a'],
    [{ body: { remove: ['a'] } }, 'pointer', '/body/remove/0'],
    [{ body: { rename: { '/a': '/a/b' } } }, 'into-itself', '/body/rename/~1a'],
    [{ body: { remove: ['/a'], set: { '/a': 1 } } }, 'named-twice', '/body/set/~1a'],
    [{ headers: { remove: ['x-a'] }, protocols: [] }, 'no-protocols', '/protocols'],
    [{}, 'nothing-to-do', ''],
  ];
  for (const [config, code, pointer] of rows) {
    const tried = tryPlugin(transformResponse, { config });
    t.match(tried.issues, [{ code: `transform-response/${code}`, pointer: `/policies/0/config${pointer}`, fix: /\w/ }]);
    t.equal(tried.issues.length, 1, code);
    tried.close();
  }
  const query = tryPlugin(transformResponse, { config: rules(['remove', 'query', 'a']) });
  t.match(query.issues, [{ code: 'document/value' }], 'an answer has no query');
});
