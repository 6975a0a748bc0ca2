import { test } from 'tap';
import { changesBetween } from '../src/bus/changes.ts';
import { describeChanges, describeSpan } from '../src/bus/describe.ts';

const lines = (before: unknown, after: unknown): readonly string[] =>
  describeChanges(changesBetween(before, after)).split('\n');

test('members of a list are told apart by name, wherever they stand', async (t) => {
  const before = { policies: [{ name: 'one', config: { maxAge: 900 } }, { name: 'two' }] };
  const after = { policies: [{ name: 'two' }, { name: 'one', config: { maxAge: 600 } }, { name: 'new-one' }] };
  t.same(lines(before, after), [
    '~ policies.one.config.maxAge: 900 -> 600',
    '+ policies.new-one: {"name":"new-one"}',
    '> policies.two: from place 2 to 1',
  ]);
});

test('the order of a list is part of it', async (t) => {
  const list = (...policies: readonly string[]): object => ({ gateway: { policies } });
  t.same(lines(list('a', 'b'), list('b', 'a')), ['> gateway.policies.b: from place 2 to 1']);
  t.same(lines(list('a', 'b'), list('b')), ['- gateway.policies.a: "a"']);
  t.same(lines(list('https://a.example'), list()), ['- gateway.policies["https://a.example"]: "https://a.example"']);
});

test('members without a name are themselves only', async (t) => {
  t.same(lines({ list: [{ select: { kind: 'limit' } }] }, { list: [{ select: { kind: 'auth' } }] }), [
    '+ list[0]: {"select":{"kind":"auth"}}',
    '- list[0]: {"select":{"kind":"limit"}}',
  ]);
});

test('keys come and go, values change their type, and the server section does not count', async (t) => {
  t.same(lines({ server: 1, a: { 'odd key': 1 }, b: [1] }, { server: 2, a: { 'odd key': '1' }, c: null }), [
    '~ a["odd key"]: 1 -> "1"',
    '- b: [1]',
    '+ c: null',
  ]);
  t.same(changesBetween({ server: 1 }, { server: 2 }), []);
  t.match(lines(undefined, { a: 1 }), [/^\+ the document|^~ the document/]);
});

test('long values are cut, and nothing of a document can steer the terminal', async (t) => {
  const [line = ''] = lines({}, { a: 'x'.repeat(1000), b: 1 });
  t.ok(line.length < 120 && line.endsWith('...'), line);
  t.notMatch(lines({}, { 'a\u001b[31m': '\u202eevil' }).join(), /[\p{Cc}\p{Cf}]/u);
});

test('a span of time is shown in the largest unit that fits', async (t) => {
  const spans = [-5, 999, 119_000, 120_000, 7_199_000, 7_200_000, 172_800_000];
  t.same(spans.map(describeSpan), ['0 s', '0 s', '119 s', '2 min', '119 min', '2 h', '2 days']);
});
