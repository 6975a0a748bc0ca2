import { test } from 'tap';
import { canonicalTarget } from '../src/target.ts';

const same: readonly (readonly [target: string, path: string])[] = [
  ['/', '/'],
  ['/a/b', '/a/b'],
  ['/a/b/', '/a/b/'],
  ['/%61%2D%7e', '/a-~'],
  ['/a%2fb', '/a%2Fb'],
  ['/caf%c3%a9', '/caf%C3%A9'],
  ['/v1/things:batch', '/v1/things:batch'],
  ['/a;b=1', '/a;b=1'],
  ['/...', '/...'],
  ['/.well-known', '/.well-known'],
  ['/a%20b', '/a%20b'],
];

test('a target has one canonical path', async (t) => {
  for (const [target, path] of same) {
    const found = canonicalTarget(target);
    t.equal(found.kind === 'target' ? found.path : found.detail, path, target);
  }
});

const ambiguous = [
  '',
  'a',
  '//',
  '//a',
  '/a//b',
  '/.',
  '/..',
  '/a/./b',
  '/a/../b',
  '/%2e/a',
  '/%2E%2e/a',
  '/a/.%2e',
  '/..;/a',
  '/a/..;x=1/b',
  '/%',
  '/%2',
  '/%zz',
  '/%00',
  '/%0a',
  '/%7f',
  '/a\\b',
  '/%5c',
  '/a#b',
  '/a b',
  '/\u0000',
  '/\u007f',
  '/\u00e9',
  '/a?b#c',
  '/a?b c',
  '/a?\u0000',
  '/a?\u007f',
  '/a?\u00c3\u00a9',
];

test('a target that two parsers could read differently is refused', async (t) => {
  for (const target of ambiguous) t.equal(canonicalTarget(target).kind, 'ambiguous', JSON.stringify(target));
});

test('the query passes unchanged and is never part of the path', async (t) => {
  const found = canonicalTarget('/a?x=%2e&y=//&z=%zz');
  t.match(found, { kind: 'target', path: '/a', query: 'x=%2e&y=//&z=%zz', hasQuery: true });
  t.match(canonicalTarget('/a?'), { path: '/a', query: '', hasQuery: true });
  t.match(canonicalTarget('/a'), { query: '', hasQuery: false });
});

test('an encoded slash is reported and stays encoded', async (t) => {
  t.match(canonicalTarget('/a%2fb'), { path: '/a%2Fb', encodedSlash: true });
  t.match(canonicalTarget('/a%2eb'), { path: '/a.b', encodedSlash: false });
});

test('the canonical path of a canonical path is itself', async (t) => {
  for (const [, path] of same) t.match(canonicalTarget(path), { path });
});
