import { tryPlugin } from '@postern/kit/testkit';
import type { Setting, TriedRequest } from '@postern/kit/testkit';
import transformRequest from '@postern/plugin-transform-request';
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

/** What the upstream of a policy with this config gets. */
async function sent(config: object, request: TriedRequest = {}, setting: Setting = {}) {
  const tried = tryPlugin(transformRequest, { ...setting, config });
  if (tried.issues.length > 0) throw new Error(JSON.stringify(tried.issues));
  const answer = await tried.send(request);
  tried.close();
  return { ...answer.upstream, status: answer.status, code: codeOf(answer.body) };
}

function codeOf(body: string): unknown {
  return body.startsWith('{') ? Reflect.get(Object(JSON.parse(body)), 'code') : undefined;
}

const JSON_TYPE = { 'content-type': 'application/json' };

test('every operation on a header, in the form of rules and in that of maps', async (t) => {
  const there = { 'x-a': 'old', 'x-b': 'other' };
  const rows: readonly [name: string, config: object, headers: Record<string, string>, x: Record<string, string>][] = [
    ['upsert sets', rules(['upsert', 'header', 'X-A', 'new']), there, { 'x-a': 'new', 'x-b': 'other' }],
    ['upsert puts', rules(['upsert', 'header', 'x-a', 'new']), {}, { 'x-a': 'new' }],
    ['upsert takes numbers', rules(['upsert', 'header', 'x-a', 7]), {}, { 'x-a': '7' }],
    ['upsert takes truths', rules(['upsert', 'header', 'x-a', true]), {}, { 'x-a': 'true' }],
    ['replace sets', rules(['replace', 'header', 'x-a', 'new']), there, { 'x-a': 'new', 'x-b': 'other' }],
    ['replace puts nothing', rules(['replace', 'header', 'x-a', 'new']), {}, {}],
    ['remove', rules(['remove', 'header', 'X-A']), there, { 'x-b': 'other' }],
    ['rename', rules(['rename', 'header', 'x-a', 'X-C']), there, { 'x-c': 'old', 'x-b': 'other' }],
    ['rename onto another', rules(['rename', 'header', 'x-a', 'x-b']), there, { 'x-b': 'old' }],
    ['rename without one', rules(['rename', 'header', 'x-c', 'x-b']), there, there],
    ['rename to itself', rules(['rename', 'header', 'x-a', 'X-A']), there, there],
    ['set', { headers: { set: { 'x-a': 'new' } } }, there, { 'x-a': 'new', 'x-b': 'other' }],
    ['add joins', { headers: { add: { 'x-a': 'new' } } }, there, { 'x-a': 'old, new', 'x-b': 'other' }],
    ['add puts', { headers: { add: { 'x-a': 'new' } } }, {}, { 'x-a': 'new' }],
    ['maps remove', { headers: { remove: ['X-A'] } }, there, { 'x-b': 'other' }],
    ['maps rename', { headers: { rename: { 'x-a': 'x-c' } } }, there, { 'x-c': 'old', 'x-b': 'other' }],
    [
      'rules see what those before them did',
      rules(['rename', 'header', 'x-a', 'x-c'], ['upsert', 'header', 'x-a', '1'], ['replace', 'header', 'x-c', '2']),
      there,
      { 'x-a': '1', 'x-b': 'other', 'x-c': '2' },
    ],
    [
      'rules come before maps, and maps rename before they set',
      { ...rules(['upsert', 'header', 'x-a', 'rule']), headers: { set: { 'x-b': 'map' }, rename: { 'x-a': 'x-c' } } },
      there,
      { 'x-b': 'map', 'x-c': 'rule' },
    ],
  ];
  for (const [name, config, headers, wanted] of rows) {
    const { headers: got = {} } = await sent(config, { headers });
    t.same(Object.fromEntries(Object.entries(got).filter(([key]) => /^x-[abc]$/.test(key))), wanted, name);
  }
});

test('every operation on the query, in the form of rules and in that of maps; what no edit names keeps its characters', async (t) => {
  const rows: readonly [name: string, config: object, query: string, wanted: string][] = [
    [
      'upsert sets the first and takes the others out',
      rules(['upsert', 'query', 'a', 'n']),
      '?a=1&b=%7e&a=2',
      '?a=n&b=%7e',
    ],
    ['upsert puts', rules(['upsert', 'query', 'a', 'n']), '?b=+', '?b=+&a=n'],
    ['upsert puts where no query was', rules(['upsert', 'query', 'a', 'n']), '', '?a=n'],
    ['upsert encodes', rules(['upsert', 'query', 'a b', 'x&y=1#é']), '', '?a%20b=x%26y%3D1%23%C3%A9'],
    ['upsert sees encoded names', rules(['upsert', 'query', 'admin', '0']), '?%61dmin=1&admi%6E=2', '?admin=0'],
    ['upsert sees names with spaces', rules(['upsert', 'query', 'a b', '0']), '?a+b=1&a%20b=2', '?a%20b=0'],
    ['a name with a question mark', rules(['remove', 'query', '?%']), '?%3F%25=1&b', '?b'],
    ['a bad escape reads as it stands', rules(['remove', 'query', '%zz']), '?%zz=1&b', '?b'],
    ['replace sets', rules(['replace', 'query', 'a', 'n']), '?a&b=1', '?a=n&b=1'],
    ['replace puts nothing', rules(['replace', 'query', 'a', 'n']), '?b=1', '?b=1'],
    ['remove', rules(['remove', 'query', 'a']), '?a=1&b=1&a', '?b=1'],
    ['remove the only one', rules(['remove', 'query', 'a']), '?a=1', ''],
    ['remove nothing', rules(['remove', 'query', 'a']), '?b=1&&c', '?b=1&&c'],
    ['rename keeps place and value', rules(['rename', 'query', 'a', 'c d']), '?a=%7e&b=1&a', '?c%20d=%7e&b=1&c%20d'],
    ['rename onto another', rules(['rename', 'query', 'a', 'b']), '?b=1&a=2', '?b=2'],
    ['rename without one', rules(['rename', 'query', 'x', 'b']), '?b=1&a=2', '?b=1&a=2'],
    ['set', { query: { set: { a: 'n' } } }, '?a=1', '?a=n'],
    ['add', { query: { add: { a: 'n' } } }, '?a=1', '?a=1&a=n'],
    ['maps remove', { query: { remove: ['a'] } }, '?a=1&b', '?b'],
    ['maps rename', { query: { rename: { a: 'c' } } }, '?a=1', '?c=1'],
    [
      'names of prototypes',
      { query: { remove: ['__proto__'], set: { constructor: '1' } } },
      '?__proto__=1',
      '?constructor=1',
    ],
  ];
  for (const [name, config, query, wanted] of rows)
    t.equal((await sent(config, { path: `/x${query}` })).path, `/x${wanted}`, name);
});

test('every operation on a body, in the form of rules and in that of maps', async (t) => {
  const rows: readonly [name: string, config: object, body: string, wanted: string][] = [
    ['upsert sets', rules(['upsert', 'body', '/a', { b: [1, null] }]), '{"a": 1}', '{"a": {"b":[1,null]}}'],
    ['upsert puts', rules(['upsert', 'body', '/a/b', 'x']), '{ }', '{"a":{"b":"x"}}'],
    ['replace sets', rules(['replace', 'body', '/a', false]), '{"a":1}', '{"a":false}'],
    ['replace puts nothing', rules(['replace', 'body', '/a', 2]), '{"b":1}', '{"b":1}'],
    ['remove', rules(['remove', 'body', '/a/0']), '{"a":[1,2]}', '{"a":[2]}'],
    ['rename by name', rules(['rename', 'body', '/a/b', 'c']), '{"a":{"b":1}}', '{"a":{"c":1}}'],
    ['rename by pointer', rules(['rename', 'body', '/a/b', '/c']), '{"a":{"b":1}}', '{"a":{},"c":1}'],
    ['set', { body: { set: { '/a': 'x' } } }, '{}', '{"a":"x"}'],
    ['set null', { body: { set: { '/a': null } } }, '{}', '{"a":null}'],
    ['add to a list', { body: { add: { '/a': 'x' } } }, '{"a":[1]}', '{"a":[1,"x"]}'],
    ['add puts', { body: { add: { '/a': 'x' } } }, '{}', '{"a":"x"}'],
    ['maps remove', { body: { remove: ['/a'] } }, '{"a":1,"b":2}', '{"b":2}'],
    ['maps rename', { body: { rename: { '/a': 'b' } } }, '{"a":1}', '{"b":1}'],
    [
      'large numbers stay',
      rules(['upsert', 'body', '/n', 1]),
      '{"id": 12345678901234567890, "p": 1.10}',
      '{"id": 12345678901234567890, "p": 1.10, "n": 1}',
    ],
    ['prototypes', { body: { set: { '/__proto__/a': 1 } } }, '{"__proto__":{}}', '{"__proto__":{"a":1}}'],
    ['in order', rules(['remove', 'body', '/a'], ['upsert', 'body', '/a/b', 1]), '{"a":{"c":2}}', '{"a":{"b":1}}'],
  ];
  for (const [name, config, body, wanted] of rows) {
    const got = await sent(config, { method: 'POST', headers: JSON_TYPE, body });
    t.equal(got.body, wanted, name);
    t.equal(got.headers?.['content-length'], String(wanted.length), `${name}: its length`);
  }
});

test('templates read captures, headers, query, claims and the consumer; what is not there is empty', async (t) => {
  const setting: Setting = {
    path: '/items/{id}',
    caller: { consumer: { name: 'partner', labels: { tier: 'gold' } }, claims: { sub: 'u-1', scope: ['a', 'b'] } },
  };
  const config = {
    headers: {
      set: {
        'x-id': '{{ params.id }}',
        'x-all': "{{ request.headers['x-in'] }}|{{ claims.sub }}|{{ consumer.name }}|{{ consumer.labels.tier }}",
        'x-none': "{{ claims.email }}{{ request.headers['x-no'] }}{{ request.query.none }}",
        'x-scope': '{{ claims.scope }}',
        'x-plain': "{{ '{{' }}",
      },
    },
    query: { set: { id: 'item {{ params.id }} {{ request.query.q }}' } },
    body: { set: { '/by': { sub: ['{{ claims.sub }}', '{{ request.query.q }}'] } } },
  };
  const request = {
    method: 'POST',
    path: '/items/a%20b?q=%22%26',
    headers: { ...JSON_TYPE, 'x-in': 'in' },
    body: '{}',
  };
  const got = await sent(config, request, setting);
  t.match(got.headers, {
    'x-id': 'a%20b',
    'x-all': 'in|u-1|partner|gold',
    'x-none': '',
    'x-scope': 'a b',
    'x-plain': '{{',
  });
  t.equal(got.path, '/items/a%20b?q=%22%26&id=item%20a%20b%20%22%26');
  t.equal(got.body, '{"by":{"sub":["u-1","\\"&"]}}');
  const nobody = await sent(config, request, { path: '/items/{id}' });
  t.equal(nobody.headers?.['x-all'], 'in|||', 'nobody is known');
});

test('values can neither end a header nor begin another', async (t) => {
  const config = { headers: { set: { 'x-a': 'Hi {{ request.query.v }}', 'x-b': '{{ claims.name }}' } } };
  const got = await sent(config, { path: '/?v=%0d%0ax-evil:%201%00' }, { caller: { claims: { name: 'Ł é \n' } } });
  t.equal(got.headers?.['x-a'], 'Hi ??x-evil: 1?');
  t.equal(got.headers?.['x-b'], '? é ?');
  t.equal(got.headers?.['x-evil'], undefined);
  t.equal((await sent(config, { path: '/' })).headers?.['x-a'], 'Hi', 'no space is left at the end');
});

test('a shadow edits nothing, and says what it would have done', async (t) => {
  const config = {
    headers: { set: { 'x-a': '1' } },
    query: { set: { a: '1' } },
    path: '/moved',
    body: { set: { '/a': 1 } },
  };
  const tried = tryPlugin(transformRequest, { config, mode: 'shadow' });
  const answer = await tried.send({ method: 'POST', path: '/x?b=2', headers: JSON_TYPE, body: '{"b":2}' });
  t.equal(answer.upstream?.path, '/x?b=2');
  t.equal(answer.upstream?.body, '{"b":2}');
  t.equal(answer.upstream?.headers['x-a'], undefined);
  t.same(
    answer.steps.flatMap(({ edits }) => edits.map(({ name, dropped }) => [name, dropped])),
    [
      ['x-a', true],
      ['path', true],
      ['query', true],
    ],
  );
  const bad = await tried.send({ method: 'POST', headers: JSON_TYPE, body: '{' });
  t.equal(bad.status, 200, 'what it would refuse passes');
  t.match(bad.steps.at(-1), { verdict: 'would refuse', code: 'transform-request/body' });
});

test('a policy acts on the protocols that it names, and on all without any', async (t) => {
  const edits = { headers: { set: { 'x-a': '1' } }, query: { set: { a: '1' } }, body: { set: { '/a': 1 } } };
  const post: TriedRequest = { method: 'POST', path: '/x', headers: JSON_TYPE, body: '{}' };
  for (const [protocols, protocol, acts] of [
    [undefined, 'HTTP/1.0', true],
    [undefined, 'HTTP/2', true],
    [['HTTP/2'], 'HTTP/2', true],
    [['HTTP/2'], 'HTTP/1.1', false],
    [['HTTP/1.1', 'HTTP/2'], 'HTTP/1.1', true],
  ] as const) {
    const got = await sent(protocols === undefined ? edits : { ...edits, protocols }, { ...post, protocol });
    t.same(
      [got.path, got.headers?.['x-a'], got.body],
      acts ? ['/x?a=1', '1', '{"a":1}'] : ['/x', undefined, '{}'],
      `${protocols?.join()} ${protocol}`,
    );
  }
});
