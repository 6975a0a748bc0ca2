import { tryPlugin } from '@postern/kit/testkit';
import transformRequest from '@postern/plugin-transform-request';
import { test } from 'tap';

/** The code and the place of every issue. */
function issues(config: object): readonly (readonly [code: string, pointer: string])[] {
  const tried = tryPlugin(transformRequest, { config });
  tried.close();
  return tried.issues.map(({ code, pointer }) => [code, pointer.replace('/policies/0/config', '')]);
}

const rule = (operation: string, location: string, key: string, value?: unknown): object => ({
  operation,
  location,
  key,
  ...(value === undefined ? {} : { value }),
});

test('each problem of a config has its code and its place', async (t) => {
  const rows: readonly [config: object, ...issues: (readonly [code: string, pointer: string])[]][] = [
    [{ rules: [rule('upsert', 'header', 'a b', 'x')] }, ['transform-request/name', '/rules/0/key']],
    [{ headers: { set: { Host: 'x' } } }, ['transform-request/host', '/headers/set/Host']],
    [{ headers: { remove: ['x-a', 'connection'] } }, ['transform-request/hop-by-hop', '/headers/remove/1']],
    [{ headers: { add: { 'content-length': '1' } } }, ['transform-request/framing', '/headers/add/content-length']],
    [{ headers: { set: { 'X-Consumer-Name': 'x' } } }, ['transform-request/reserved', '/headers/set/X-Consumer-Name']],
    [{ headers: { set: { x_postern_a: 'x' } } }, ['transform-request/reserved', '/headers/set/x_postern_a']],
    [{ headers: { rename: { 'x-a': 'te' } } }, ['transform-request/hop-by-hop', '/headers/rename/x-a']],
    [{ rules: [rule('rename', 'header', 'x-a', 'x-consumer-name')] }, ['transform-request/reserved', '/rules/0/value']],
    [{ rules: [rule('upsert', 'header', 'x-a', 'a\nb')] }, ['transform-request/value', '/rules/0/value']],
    [{ rules: [rule('upsert', 'header', 'x-a', '€ {{ params.id }}')] }, ['transform-request/value', '/rules/0/value']],
    [{ rules: [rule('upsert', 'header', 'x-a', ['x'])] }, ['transform-request/value', '/rules/0/value']],
    [{ rules: [rule('upsert', 'query', 'a', null)] }, ['transform-request/value', '/rules/0/value']],
    [{ rules: [rule('upsert', 'query', 'a')] }, ['transform-request/value', '/rules/0']],
    [{ rules: [rule('rename', 'query', 'a')] }, ['transform-request/value', '/rules/0']],
    [{ rules: [rule('rename', 'query', 'a', '')] }, ['transform-request/value', '/rules/0/value']],
    [{ rules: [rule('rename', 'query', 'a', '{{ params.id }}')] }, ['transform-request/value', '/rules/0/value']],
    [{ rules: [rule('remove', 'query', 'a', 'x')] }, ['transform-request/value', '/rules/0/value']],
    [{ rules: [rule('upsert', 'body', 'customer.name', 1)] }, ['transform-request/pointer', '/rules/0/key']],
    [{ body: { set: { '/a~2': 1 } } }, ['transform-request/pointer', '/body/set/~1a~02']],
    [{ rules: [rule('rename', 'body', '/a', '/a/b')] }, ['transform-request/into-itself', '/rules/0/value']],
    [{ headers: { set: { 'x-a': '1' }, remove: ['X-A'] } }, ['transform-request/named-twice', '/headers/set/x-a']],
    [{ query: { set: { a: '1' }, rename: { a: 'b' } } }, ['transform-request/named-twice', '/query/set/a']],
    [{ headers: { set: { 'x-a': '{{ nothing }}' } } }, ['conditions/unknown-name', '/headers/set/x-a']],
    [{ query: { set: { a: '{{ request.path' } } }, ['template/unclosed', '/query/set/a']],
    [{ body: { set: { '/a': [{ b: '{{ }}' }] } } }, ['template/empty', '/body/set/~1a/0/b']],
    [{ path: 'v2' }, ['transform-request/path-template', '/path']],
    [{ path: '{{ claims.sub }}/x' }, ['transform-request/path-template', '/path']],
    [{ path: '/a?b=1' }, ['transform-request/path-template', '/path']],
    [{ path: '/a b' }, ['transform-request/path-template', '/path']],
    [{ path: '/a//b' }, ['transform-request/path-template', '/path']],
    [{ path: '/a/../b' }, ['transform-request/path-template', '/path']],
    [{ path: '/a%zz' }, ['transform-request/path-template', '/path']],
    [{ path: { pattern: '(', replacement: '/' } }, ['transform-request/pattern', '/path/pattern']],
    [{ path: { pattern: '(?=a)', replacement: '/' } }, ['transform-request/pattern', '/path/pattern']],
    [{ path: { pattern: `(${'a'.repeat(600)})`, replacement: '/' } }, ['transform-request/pattern', '/path/pattern']],
    [{ path: { pattern: '(a{900}){1}', replacement: '/' } }, ['transform-request/pattern', '/path/pattern']],
    [{ path: { pattern: '(a)', replacement: '/$2' } }, ['transform-request/replacement', '/path/replacement']],
    [{ path: { pattern: '(a)', replacement: '/$<b>' } }, ['transform-request/replacement', '/path/replacement']],
    [{ path: { pattern: '(a)', replacement: '/?' } }, ['transform-request/path-template', '/path/replacement']],
    [{ path: '/a', protocols: [] }, ['transform-request/no-protocols', '/protocols']],
    [{}, ['transform-request/nothing-to-do', '']],
    [{ rules: [rule('add', 'query', 'a', 'x')] }, ['document/value', '/rules/0/operation']],
    [{ rules: [rule('remove', 'path', 'a')] }, ['document/value', '/rules/0/location']],
  ];
  for (const [config, ...wanted] of rows) t.same(issues(config), wanted, JSON.stringify(config).slice(0, 80));
});

test('all problems are said at once, and values are shown in none of them', async (t) => {
  const config = {
    rules: [rule('upsert', 'header', 'te', 'secret\n'), rule('upsert', 'body', 'x', '{{')],
    query: { set: { a: '{{ nope }}' } },
    path: 'x',
    protocols: [],
  };
  t.equal(issues(config).length, 7);
  const tried = tryPlugin(transformRequest, { config });
  t.notMatch(JSON.stringify(tried.issues), 'secret');
  for (const { fix } of tried.issues) t.match(fix, /\w/);
});

test('lint hears which headers a config writes, and which of them carry credentials', async (t) => {
  const config = {
    rules: [
      rule('upsert', 'header', 'X-A', "{{ request.headers['authorization'] }}"),
      rule('rename', 'header', 'Cookie', 'X-Cookie'),
      rule('upsert', 'query', 'q', 'x'),
    ],
    headers: { add: { 'x-b': '{{ request.headers.cookie }}', 'x-c': 'cookie' }, remove: ['x-d'] },
  };
  t.same(transformRequest.writes?.(config), { request: ['x-a', 'cookie', 'x-cookie', 'x-d'] });
  t.same(transformRequest.credentials?.(config), ['x-a', 'x-cookie', 'x-b']);
  t.equal(transformRequest.answers?.(config), false);
  t.equal(transformRequest.guards(config), false);
});
