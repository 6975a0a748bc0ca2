import t from 'tap';
import { MINIMAL, accepted, check, refused } from './fixtures.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

t.test('a text of more than 8 MiB is refused before it is read', (t) => {
  for (const text of [
    '#'.repeat(8 * 1024 * 1024 + 1),
    `# ${'é'.repeat(4 * 1024 * 1024)}`,
    new Uint8Array(8 * 1024 * 1024 + 1),
  ]) {
    t.match(refused(text), [{ code: 'document/too-large', line: 1, column: 1 }]);
  }
  t.match(check(`#${'x'.repeat(8 * 1024 * 1024 - 1 - MINIMAL.length)}${MINIMAL}`), { kind: 'accepted' });
  t.end();
});

t.test('bytes that are not UTF-8 are refused at the first bad one', (t) => {
  const bad = (before: string): Uint8Array => new Uint8Array([...bytes(before), 0xff, 0xfe]);
  t.match(refused(bad('')), [{ code: 'document/not-utf-8', line: 1, column: 1 }]);
  t.match(refused(bad('a: 1\r\nb: "é')), [{ code: 'document/not-utf-8', line: 2, column: 6 }]);
  t.match(refused(new Uint8Array([0x61, 0x0a, 0xc3])), [{ code: 'document/not-utf-8', line: 2, column: 1 }]);
  // A generated document: a CR of its own ends a line in YAML, and so it does here.
  t.match(refused(bad('a: 1\rb: 2\r\n\nc: ')), [{ code: 'document/not-utf-8', line: 4, column: 4 }]);
  t.match(refused(new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 0xff])), [{ code: 'document/not-utf-8', line: 1 }]);
  t.end();
});

t.test('a byte order mark is taken off and counts for no column', (t) => {
  const line = '{ apiGroups: [{ name: a, upstream: b }], upstreams: [{ name: b, builtin: echo }], bad: 1 }';
  const [plain] = refused(line);
  t.same(refused(`\ufeff${line}`), [plain]);
  t.same(refused(bytes(`\ufeff${line}`)), [plain]);
  t.end();
});

t.test('line breaks of every system give the same places', (t) => {
  const lines = ['apiGroups:', '- name: a', '  upstream: b', 'upstreams:', '- name: b', '  builtin: eco', ''];
  for (const lineBreak of ['\n', '\r\n', '\r']) {
    t.match(refused(lines.join(lineBreak)), [
      { code: 'document/value', line: 6, column: 12, pointer: '/upstreams/0/builtin' },
    ]);
  }
  t.end();
});

t.test('keys that JavaScript knows pollute nothing and mean only themselves', (t) => {
  const document = accepted(`${MINIMAL}
policies:
  - { name: a, plugin: limit, config: { limit: 1, headers: { __proto__: x, constructor: y } } }
gateway: { policies: [a] }
`);
  const [policy] = document.policies;
  t.equal(Reflect.get({}, 'x'), undefined);
  const headers: unknown = Object(policy?.config).headers;
  t.equal(Object.getPrototypeOf(headers), null);
  t.equal(JSON.stringify(policy?.config), '{"limit":1,"headers":{"__proto__":"x","constructor":"y"}}');
  t.end();
});

t.test('aliases that only nest deeply are refused before anything recurses', (t) => {
  let text = 'a0: &a0 []\n';
  for (let level = 1; level < 90; level += 1) text += `a${level}: &a${level} [[[[[[[[[[*a${level - 1}]]]]]]]]]]\n`;
  t.match(refused(text), [{ code: 'document/too-deep' }]);
  t.end();
});

t.test('a million bad keys end early', (t) => {
  const issues = refused(Array.from({ length: 100_000 }, () => 'a: 1').join('\n'));
  t.ok(issues.length <= 1001);
  const many = refused(`${MINIMAL}${Array.from({ length: 5000 }, (_, at) => `k${at}: 1`).join('\n')}`);
  t.equal(many.length, 1001);
  t.match(many.at(-1), { code: 'document/too-many-issues', message: 'there are more issues than these 1000' });
  t.end();
});
