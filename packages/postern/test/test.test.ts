import { test } from 'tap';
import { GOOD } from './documents.ts';
import { run } from './spawn.ts';

const TESTED = `${GOOD}tests:
  - request: { path: /shop/items }
    expect: { status: 200, headers: { x-tag: yes-it-is } }
  - name: lists are read only
    request: { method: PUT, path: /shop/items }
    expect:
      route: shop/list
`;

test('test prints a line for each test, the place of what failed, and the coverage; it exits 1', async (t) => {
  const { code, out, err } = await run(['test'], { cwd: t.testdir({ 'gateway.yaml': TESTED }) });
  t.equal(code, 1);
  t.equal(
    out,
    `1..2
ok 1 - tests[0]
not ok 2 - tests "lists are read only"
  gateway.yaml:24:14: error: tests "lists are read only".expect.route: expected "shop/list", got "shop/rest"; the upstream answered [tests/failed]
    fix: change the policies, or expect "shop/rest"
# coverage: 100 %: 2 of 2 policies
`,
  );
  t.equal(err, 'gateway.yaml: 2 tests, 1 failed\n');
});

test('check prints what a failing test says and exits 1; the same document without it is clean', async (t) => {
  const mended = TESTED.replace('route: shop/list', 'route: shop/rest');
  const cwd = t.testdir({ 'gateway.yaml': TESTED, 'mended.yaml': mended });
  const { code, out } = await run(['check'], { cwd });
  t.equal(code, 1);
  t.match(out, /^gateway\.yaml:24:14: error: tests "lists are read only"\.expect\.route: /);
  t.strictSame(await run(['check', 'mended.yaml'], { cwd }), { code: 0, out: '', err: 'mended.yaml: no issues\n' });
  t.match(await run(['test', 'mended.yaml'], { cwd }), { code: 0, err: 'mended.yaml: 2 tests, 0 failed\n' });
  t.match(await run(['plan'], { cwd }), { code: 0 }, 'a plan is to be had while a test fails');
});

test('push publishes no document whose test fails', async (t) => {
  const cwd = t.testdir({ 'gateway.yaml': TESTED });
  // Nobody listens there: it never comes to a connection.
  const { code, err } = await run(['push', 'gateway.yaml', '--nats', 'nats://127.0.0.1:1'], { cwd });
  t.equal(code, 1);
  t.match(err, /tests "lists are read only"\.expect\.route: expected [^]*\[tests\/failed\][^]*gateway\.yaml: 1 error/);
});

test('test --json gives tests and coverage as data', async (t) => {
  const { code, out } = await run(['test', '--json'], { cwd: t.testdir({ 'gateway.yaml': TESTED }) });
  t.equal(code, 1);
  const { tests, coverage } = JSON.parse(out);
  t.strictSame(tests[0], {
    name: 'tests[0]',
    policy: null,
    file: 'gateway.yaml',
    line: 19,
    ok: true,
    got: { status: 200, decidedBy: null, code: null, reachesUpstream: true },
    issues: [],
  });
  t.match(tests[1], { ok: false, issues: [{ code: 'tests/failed', line: 24, column: 14, fix: /shop\/rest/ }] });
  t.strictSame(coverage, {
    policies: [
      { policy: 'log', plugin: 'access-log', file: 'gateway.yaml', line: 8, covered: true },
      { policy: 'tag', plugin: 'headers', file: 'gateway.yaml', line: 9, covered: true },
    ],
    conditions: [],
    percent: 100,
  });
});

test('test --min-coverage asks for tests', async (t) => {
  const cwd = t.testdir({ 'gateway.yaml': GOOD });
  t.match(await run(['test'], { cwd }), { code: 0, err: 'gateway.yaml: no tests\n' });
  const { code, out, err } = await run(['test', '--min-coverage', '80'], { cwd });
  t.equal(code, 1);
  t.match(out, '# coverage: 0 %: 0 of 2 policies\n#   no test comes to log (gateway.yaml:8)\n');
  t.match(err, 'gateway.yaml: the coverage is 0 %, and 80 % is asked for');
  t.match(await run(['test', '--min-coverage', 'all'], { cwd }), { code: 2, err: /Write a number from 0 to 100/ });
});
