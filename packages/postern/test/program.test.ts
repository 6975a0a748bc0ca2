import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'tap';
import { GOOD } from './documents.ts';
import { run } from './spawn.ts';

test('says its version, and helps on every command with examples', async (t) => {
  const cwd = t.testdir({});
  t.match(await run(['--version'], { cwd }), { code: 0, out: /^\d+\.\d+\.\d+\n$/ });
  t.match(await run(['--help'], { cwd }), { code: 0, out: /Exit codes: 0 clean, 1 issues or failure, 2 wrong usage/ });
  for (const command of ['run', 'check', 'plan', 'test', 'init']) {
    t.match(await run([command, '--help'], { cwd }), { code: 0, out: /Examples:\n {2}\$ .*postern / }, command);
  }
});

test('exits 2 on wrong usage and says what is wrong', async (t) => {
  const cwd = t.testdir({ 'gateway.yaml': GOOD });
  for (const [words, message] of [
    [[], /Usage: postern/],
    [['serve'], /unknown command 'serve'/],
    [['check', '--jsn'], /unknown option '--jsn'/],
    [['run', 'a.yaml', 'b.yaml'], /too many arguments/],
    [['plan', 'a', 'b', 'c', 'd'], /too many arguments/],
    [['plan', 'GET', '/items'], /\/items is no URL: write http:\/\/host\/path/],
  ] as const) {
    t.match(await run(words, { cwd }), { code: 2, err: message }, words.join(' '));
  }
  const environment = { POSTERN_LOG_LEVEL: 'loud' };
  t.match(await run(['run'], { cwd, environment }), {
    code: 2,
    err: /POSTERN_LOG_LEVEL is "loud"\n {2}fix: use one of trace, /,
  });
});

test('init writes a document that passes the check as it stands, and overwrites nothing unasked', async (t) => {
  const cwd = t.testdir({});
  t.match(await run(['init'], { cwd }), { code: 0, out: /gateway\.yaml is written/ });
  t.strictSame(await run(['check'], { cwd }), { code: 0, out: '', err: 'gateway.yaml: no issues\n' });
  const { code, err } = await run(['init'], { cwd });
  t.equal(code, 1);
  t.match(err, /gateway\.yaml is not written: there is such a file\n {2}fix: .*--force/);
  t.equal((await run(['init', '--force'], { cwd })).code, 0);
  t.equal((await run(['init', 'other.yaml'], { cwd })).code, 0);
  t.equal(await readFile(join(cwd, 'other.yaml'), 'utf8'), await readFile(join(cwd, 'gateway.yaml'), 'utf8'));
  t.match(await run(['init', 'no/such/folder.yaml'], { cwd }), { code: 1, err: /is not written/ });
});

test('plan prints for each route which policies run, in order, with level and line', async (t) => {
  const { code, out } = await run(['plan'], { cwd: t.testdir({ 'gateway.yaml': GOOD }) });
  t.equal(code, 0);
  t.equal(
    out,
    `shop/list  GET  any host  /shop/items  -> up
  1.  tag  headers     group    gateway.yaml:14  defined :9
  2.  log  access-log  gateway  gateway.yaml:5   defined :8

shop/rest  any method  any host  /shop/*  -> up
  1.  tag  headers  group    gateway.yaml:14  defined :9
  -   log           gateway  gateway.yaml:5               skipped at gateway.yaml:17

no group
  1.  log  access-log  gateway  gateway.yaml:5  defined :8
`,
  );
});

test('plan prints the route that takes one request, or why none does', async (t) => {
  const cwd = t.testdir({ 'gateway.yaml': GOOD });
  t.match(await run(['plan', 'HEAD', 'http://any.example/shop/items?x=1'], { cwd }), {
    code: 0,
    out: /^shop\/list .*\n(?: .*\n){2}$/,
  });
  t.match(await run(['plan', 'gateway.yaml', 'POST', 'http://any.example/shop/items'], { cwd }), {
    code: 0,
    out: /^shop\/rest /,
  });
  t.match(await run(['plan', 'GET', 'http://any.example/other'], { cwd }), { code: 1, err: /404, no group takes it/ });
  t.match(await run(['plan', 'GET', 'http://any.example/shop/%zz'], { cwd }), { code: 1, err: /answered with 400/ });
});

test('plan asks as the request would: its header lines, its OPTIONS, the listener of its port', async (t) => {
  const text = `server:
  listen: [{ name: public, address: 127.0.0.1:18080 }, { name: inner, address: 127.0.0.1:18081 }]
upstreams: [{ name: up, builtin: echo }]
apiGroups:
  - name: shop
    listeners: [public]
    upstream: up
    routes:
      - { name: beta, path: /items, methods: [GET], headers: { x-beta: "1" } }
      - { name: plain, path: /items, methods: [GET] }
`;
  const cwd = t.testdir({ 'gateway.yaml': text });
  const url = 'http://h:18080/items';
  t.match(await run(['plan', 'GET', url], { cwd }), { code: 0, out: /^shop\/plain / });
  t.match(await run(['plan', 'GET', url, '-H', 'X-Beta: 1'], { cwd }), {
    out: /^shop\/beta .* on public {2}if x-beta: 1 {2}/,
  });
  t.match(await run(['plan', 'OPTIONS', url], { cwd }), { code: 0, out: /^shop\/plain / });
  t.match(await run(['plan', 'GET', 'http://h:18081/items'], { cwd }), { code: 1, err: /404, no group takes it/ });
  t.match(await run(['plan', 'GET', url, '-H', 'nonsense'], { cwd }), { code: 2, err: /is no header/ });
});

test('a certificate that is not there keeps run from starting, at the line of its listener', async (t) => {
  const text = `server:
  listen:
    - { name: tls, address: 127.0.0.1:0, protocol: https, tls: { cert: none.pem, key: none.pem } }
upstreams: [{ name: up, builtin: echo }]
apiGroups: [{ name: shop, upstream: up }]
`;
  const cwd = t.testdir({ 'gateway.yaml': text });
  t.match(await run(['run'], { cwd }), {
    code: 1,
    err: /^gateway\.yaml:3:7: error: server\.listen\.tls\.tls: ENOENT.*\[server\/tls-unreadable\]\n {2}fix: /,
  });
});

test('plan --json prints an array of routes with their policies', async (t) => {
  const { code, out } = await run(['plan', '--json'], { cwd: t.testdir({ 'gateway.yaml': GOOD }) });
  t.equal(code, 0);
  const [list, rest] = JSON.parse(out);
  t.strictSame(list, {
    group: 'shop',
    route: 'list',
    hosts: [],
    listeners: [],
    path: '/shop/items',
    methods: ['GET'],
    headers: {},
    upstream: 'up',
    policies: [
      {
        order: 1,
        policy: 'tag',
        plugin: 'headers',
        level: 'group',
        where: 'gateway.yaml:14',
        defined: 'gateway.yaml:9',
        labels: {},
        mode: 'enforce',
        locked: false,
        when: [],
      },
      {
        order: 2,
        policy: 'log',
        plugin: 'access-log',
        level: 'gateway',
        where: 'gateway.yaml:5',
        defined: 'gateway.yaml:8',
        labels: {},
        mode: 'enforce',
        locked: false,
        when: [],
      },
    ],
    absent: [],
  });
  t.equal(rest.route, 'rest');
  t.strictSame(rest.absent, [
    { policy: 'log', level: 'gateway', where: 'gateway.yaml:5', reason: 'skipped', by: 'gateway.yaml:17' },
  ]);
});

test('plan of a refused document prints its issues and exits 1', async (t) => {
  const cwd = t.testdir({ 'gateway.yaml': `${GOOD}polices: []\n` });
  t.match(await run(['plan'], { cwd }), { code: 1, out: '', err: /^gateway\.yaml:18:1: error: / });
});
