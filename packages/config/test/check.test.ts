import t from 'tap';
import { MINIMAL, accepted, check, refused } from './fixtures.ts';

const isDeeplyFrozen = (value: unknown): boolean =>
  typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen));

t.test('what is published is frozen through and through', (t) => {
  const text = `${MINIMAL}policies: [{ name: a, plugin: limit, config: { limit: 1 } }]\ngateway: { policies: [a] }\n`;
  t.ok(isDeeplyFrozen(accepted(text)));
  t.end();
});

t.test('a checked document is plain data that crosses threads as it is', (t) => {
  const document = accepted(MINIMAL);
  t.same(structuredClone(document), document);
  t.end();
});

t.test('the same text gives the same document', (t) => {
  t.same(accepted(MINIMAL), accepted(MINIMAL));
  t.end();
});

t.test('keys tell what shapes a policy or the server section, and nothing else', (t) => {
  const policy = (lines: string): string => `${MINIMAL}gateway: { policies: [a] }\npolicies:\n  - ${lines}\n`;
  const keyOf = (lines: string): string | undefined => accepted(policy(lines)).policies[0]?.key;
  const first = keyOf('{ name: a, plugin: limit, config: { limit: 1, headers: { b: "1", a: "2" } } }');
  t.equal(keyOf('{ plugin: limit, name: a, # moved\n    config: { headers: { a: "2", b: "1" }, limit: 1 } }'), first);
  t.not(keyOf('{ name: a, plugin: limit, config: { limit: 2, headers: { b: "1", a: "2" } } }'), first);
  t.not(keyOf('{ name: a, plugin: limit, timeout: 2s, config: { limit: 1, headers: { b: "1", a: "2" } } }'), first);
  const serverKey = (server: string): string => accepted(`${server}${MINIMAL}`).server.key;
  t.equal(serverKey('# comment\nserver: { name: postern }'), serverKey(''));
  t.not(serverKey('server: { name: edge }'), serverKey(''));
  t.end();
});

t.test('files of references lose the line break that editors add', (t) => {
  t.equal(accepted(`server: { admin: { token: "\${file:key.txt}" } }${MINIMAL}`).server.admin.token, 's3cr3t');
  t.end();
});

t.test('what cannot be resolved is an error in run and a warning in check', (t) => {
  const text = `server: { name: "\${env:MISSING}" }${MINIMAL}`;
  t.match(refused(text), [{ code: 'reference/not-set', severity: 'error', line: 1, column: 17 }]);
  t.match(check(text, { unresolved: 'warning' }), {
    kind: 'accepted',
    warnings: [{ code: 'reference/not-set', severity: 'warning' }],
    value: { warnings: [{ code: 'reference/not-set' }] },
  });
  t.end();
});

t.test('a policy that is off but enforced by a list is to be compiled', (t) => {
  const text = `${MINIMAL}policies: [{ name: a, plugin: ids, mode: off }, { name: b, plugin: ids, mode: off }]\n`;
  const document = accepted(`${text}gateway: { policies: [{ policy: a, mode: enforce }, b] }\n`);
  t.match(document.policies, [
    { name: 'a', mode: 'enforce' },
    { name: 'b', mode: 'off' },
  ]);
  t.match(document.gateway, [{ policy: 'a', level: 'gateway' }]);
  t.equal(document.gateway.length, 1);
  t.end();
});

t.test('routes without a list of their own share the first pipeline, equal ones share another', (t) => {
  const document = accepted(`upstreams: [{ name: shop, builtin: echo }]
policies: [{ name: a, plugin: ids }, { name: b, plugin: ids }]
apiGroups:
  - name: storefront
    upstream: shop
    policies: [a, b]
    routes:
      - { name: one, path: /one }
      - { name: two, path: /two, skip: [a] }
      - { name: three, path: /three, skip: [a] }
      - { name: four, path: /four, policies: [inherit] }
`);
  t.same(
    document.groups[0]?.routes.map(({ pipeline }) => pipeline),
    [0, 1, 1, 0],
  );
  t.equal(document.groups[0]?.pipelines.length, 2);
  t.end();
});

t.test('issues come in the order of the document, each with all its parts', (t) => {
  const issues = refused('apiGroups:\n  - { upsteam: a }\nzone: 1\nserver: 5\n');
  t.same(
    issues.map(({ line }) => line),
    [2, 2, 3, 4],
  );
  for (const issue of issues) {
    t.match(issue, {
      severity: 'error',
      code: /^[a-z]+\/[a-z-]+$/,
      file: 'gateway.yaml',
      line: Number,
      column: Number,
    });
    t.not(issue.message, '');
    t.not(issue.fix, '');
  }
  t.end();
});
