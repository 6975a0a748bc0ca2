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

t.test('nothing of what a reference stands for is shown, however the plugin spells or cuts it', (t) => {
  const words = ['"s3cr3t" has no scheme', 'S3CR3T', 's3c\\r3t', '"s3cr..."', 'not a word of it'];
  for (const message of words) {
    const [issue] = locate([finding(['allowOrigins', 1], message)], policy);
    t.equal(
      issue?.message,
      'policies.web-cors.config.allowOrigins[1]: what ${env:SECRET} stands for is not accepted here',
    );
    t.equal(issue?.fix, 'see test/code in the list of codes: the value itself is never shown');
  }
  for (const message of ['the list has "s3cr3t"', 'a piece: 3CR3']) {
    t.match(locate([finding(['allowOrigins'], message)], policy), [{ message: /what \$\{env:SECRET\} stands for/ }]);
    t.match(locate([finding(['maxAge'], message)], policy), [{ message: /what \$\{env:SECRET\} stands for/ }]);
  }
  t.end();
});

t.test('a finding that tells nothing of a reference keeps its words', (t) => {
  t.match(locate([finding(['allowOrigins'], 'has too many')], policy), [{ message: /allowOrigins: has too many$/ }]);
  t.match(locate([finding(['allowOrigins', 0], '"https://a.example.com" is odd')], policy), [{ message: /is odd$/ }]);
  t.end();
});

t.test('a finding about a value that is unknown here is left out', (t) => {
  t.same(locate([finding(['allowOrigins', 2], '"placeholder" has no scheme')], policy), []);
  t.end();
});
