import t from 'tap';
import { locate } from '../src/index.ts';
import { accepted, finding } from './fixtures.ts';

const text = `upstreams: [{ name: shop, builtin: echo }]
policies:
  - name: web-cors
    plugin: cors
    config:
      allowOrigins: [https://a.example.com, "\${env:SECRET}", "\${env:MISSING}"]
apiGroups: [{ name: storefront, upstream: shop, policies: [web-cors] }]
`;
const [policy] = accepted(text, { unresolved: 'warning' }).policies;
if (policy === undefined) throw new Error('the document has a policy');

t.test('a finding of a plugin gets the place of the value, the pointer and the readable path', (t) => {
  t.same(locate([finding(['allowOrigins', 0], 'is wrong')], policy), [
    {
      severity: 'error',
      code: 'test/code',
      message: 'policies.web-cors.config.allowOrigins[0]: is wrong',
      file: 'gateway.yaml',
      line: 6,
      column: 22,
      pointer: '/policies/0/config/allowOrigins/0',
      fix: '',
    },
  ]);
  t.end();
});

t.test('a finding about what the config does not have is at the nearest place', (t) => {
  t.match(locate([finding(['maxAge'], 'is missing'), finding([], 'is odd')], policy), [
    { line: 6, column: 7, message: 'policies.web-cors.config.maxAge: is missing' },
    { line: 6, column: 7, message: 'policies.web-cors.config: is odd' },
  ]);
  t.match(locate([finding([], 'is odd')], { ...policy, places: {} }), [{ line: 3, column: 5 }]);
  t.end();
});

t.test('values of references are shown as written, also where a plugin quotes a piece of one', (t) => {
  const said = locate(
    [finding(['allowOrigins', 1], '"s3cr3t" and "3CR3" and s3cr3t, beside "https://a.example.com"')],
    policy,
  );
  t.match(said, [
    {
      message: /: "\$\{env:SECRET\}" and "\$\{env:SECRET\}" and \$\{env:SECRET\}, beside "https:\/\/a\.example\.com"$/,
    },
  ]);
  t.end();
});

t.test('a finding about a value that is unknown here is left out', (t) => {
  t.same(locate([finding(['allowOrigins', 2], '"placeholder" has no scheme')], policy), []);
  t.end();
});
