import { HeaderList } from '@postern/model';
import type { TruthExpression } from '@postern/model';
import { test } from 'tap';
import type { Test } from 'tap';
import { cpuTime } from '../../../test/kit/cpu-time.ts';
import { toPredicate } from '../src/condition/evaluate.ts';
import { NOWHERE, fold, readsGround } from '../src/condition/fold.ts';
import { readCondition } from '../src/condition/read.ts';
import { ask, inputs } from './condition-inputs.ts';

function expressionOf(text: string): TruthExpression {
  const read = readCondition(text);
  if (read.kind === 'wrong') throw new Error(`${text}: ${read.problems.map(({ message }) => message).join()}`);
  return read.expression;
}

function wrong(t: Test, text: string, wanted: string): void {
  const read = readCondition(text);
  const said = read.kind === 'wrong' ? read.problems : [];
  t.equal(said.map(({ at, code, fix }) => `${at} ${code}: ${fix}`).join('\n'), wanted, text);
}

test('a condition reads the request and the consumer', async (t) => {
  const holds = [
    "request.method == 'GET'",
    "request.path == '/a/b'",
    "request.host == 'shop.example.com'",
    "request.scheme == 'https'",
    "request.protocol == 'HTTP/2'",
    "request.clientAddress == '192.0.2.7'",
    "request.headers['x-tenant'] == 'acme'",
    "request.headers['X-Tenant'] == 'acme'",
    "request.headers.accept == 'a, b'",
    "request.query.page == '2'",
    "request.query['q'] == 'two words'",
    "'x-tenant' in request.headers && !('x-other' in request.headers)",
    'has(request.query.page) && !has(request.query.other)',
    "consumer.name == 'partner' && consumer.labels.tier == 'gold'",
    "request.method in ['GET', 'HEAD']",
    "['/a/', '/b/'].exists(x, request.path.startsWith(x))",
    "['a', 'b'].all(x, request.headers.accept.contains(x))",
    "request.path.matches('^/a/[a-z]$')",
    'int(request.query.page) * 10 - 1 > 18',
    'size(request.path) == 4 && request.path.size() == 4',
    "request.headers['x-tenant'].upperAscii() == 'ACME'",
    "request.method == 'GET' ? request.path != '' : false",
  ];
  for (const text of holds) t.equal(ask(text), true, text);
});

test('what is not there is an empty text', async (t) => {
  t.equal(ask("request.headers['x-none'] == '' && request.query.none == ''"), true);
  t.equal(ask("request.headers['x-none'].startsWith('a')"), false);
  t.equal(ask("consumer.name == '' && consumer.labels.tier == ''", { consumer: undefined }), true);
  t.equal(ask("group.labels.tier == '' && route.labels.tier == ''"), true);
  t.equal(ask("consumer.labels.constructor == '' && !has(consumer.labels.toString)"), true);
});

test('the first value of a query counts, and a bad escape is no error', async (t) => {
  t.equal(ask("request.query.a == '1'", { query: 'a=1&a=2' }), true);
  t.equal(ask("request.query.a != ''", { query: 'a=%zz' }), true);
});

test('a condition reads claims: texts, numbers and truths as texts, lists by their members', async (t) => {
  const claims = JSON.parse(`{
    "sub": "alice", "scope": "read list", "roles": ["reader", "shop editor", 7, true], "level": 7, "half": 0.5, "admin": true,
    "none": null, "empty": "", "nothing": [], "map": { "a": 1 }, "maps": [{ "a": 1 }],
    "https://issuer.test/tenant": "acme", "__proto__": "own"
  }`);
  const holds = [
    "claims.sub == 'alice' && claims['sub'] == 'alice'",
    "claims.level == '7' && int(claims.level) > 6 && claims.half == '0.5'",
    "claims.admin == 'true' && claims.sub.startsWith('al') && size(claims.sub) == 5",
    "claims['https://issuer.test/tenant'] == 'acme'",
    "'read' in claims.scope && 'list' in claims.scope",
    "!('rea' in claims.scope) && !('read list' in claims.scope) && !('' in claims.scope)",
    "'reader' in claims.roles && 'shop editor' in claims.roles && '7' in claims.roles && 'true' in claims.roles",
    "!('shop' in claims.roles) && !('editor' in claims.roles) && !('READER' in claims.roles)",
    "'7' in claims.level && 'true' in claims.admin",
    "claims.roles == 'reader shop editor 7 true'",
    "'sub' in claims && has(claims.none) && has(claims.map) && !('email' in claims) && !has(claims.email)",
    "claims.email == '' && claims.none == '' && claims.map == '' && claims.maps == '' && claims.nothing == ''",
    "!('a' in claims.email) && !('a' in claims.map) && !('a' in claims.maps) && !('a' in claims.nothing)",
    "claims.constructor == '' && !('toString' in claims) && !has(claims.hasOwnProperty)",
    "claims.__proto__ == 'own' && 'own' in claims.__proto__",
    "consumer.name in claims.partners || request.method in ['GET']",
    "['x', 'reader'].exists(role, role in claims.roles)",
    "claims.sub in ['alice', 'bob'] && claims.sub.matches('^[a-z]+$')",
  ];
  for (const text of holds) t.equal(ask(text, { claims }), true, text);
  t.throws(() => ask('int(claims.sub) > 1', { claims }), RangeError);
  t.throws(() => ask('int(claims.half) > 0', { claims }), RangeError, 'no whole number');
  t.throws(() => ask('int(claims.level) > 1'), RangeError, 'and where nobody has verified a token');
  t.equal(ask("claims.sub == '' && !('a' in claims.roles) && !('sub' in claims)"), true, 'no token: no claims');
});

test('a condition reads the parameters of the path', async (t) => {
  const params = Object.assign(Object.create(null), { id: '42', 'item-id': 'a b' });
  const holds = [
    "params.id == '42' && int(params.id) == 42 && params['item-id'] == 'a b'",
    "has(params.id) && 'id' in params && !('other' in params)",
    "params.other == '' && params.constructor == ''",
    "params.id == claims.owner && params.id in ['41', '42']",
  ];
  for (const text of holds) t.equal(ask(text, { params, claims: { owner: 42 } }), true, text);
  t.equal(ask("params.id == ''"), true, 'where no route takes the request');
});

test('claims and parameters differ from request to request, never from place to place', async (t) => {
  const ground = { group: { name: 'shop', labels: { role: 'admin' } }, route: { name: 'list', labels: {} } };
  for (const text of ["'admin' in claims.roles", 'claims.sub == params.id', "'sub' in claims"]) {
    t.equal(readsGround(expressionOf(text)), false, text);
    t.same(fold(expressionOf(text), ground), expressionOf(text), text);
  }
  t.same(
    fold(expressionOf('group.labels.role in claims.roles'), ground),
    expressionOf("'admin' in claims.roles"),
    'what is known of the place is filled in',
  );
});

test('the host is compared without its port', async (t) => {
  t.equal(ask("request.host == 'shop.example.com'", { host: 'shop.example.com:8443' }), true);
  t.equal(ask("request.host == '[::1]'", { host: '[::1]:80' }), true);
  t.equal(ask("request.host == '[::1]'", { host: '[::1]' }), true);
});

test('a side without an answer does not matter where the other one decides', async (t) => {
  t.equal(ask("request.query.none != '' && int(request.query.none) > 1"), false);
  t.equal(ask("int(request.query.none) > 1 && request.query.none != ''"), false);
  t.equal(ask("int(request.query.none) > 1 || request.method == 'GET'"), true);
  t.throws(() => ask('int(request.query.none) > 1'), RangeError);
  t.throws(() => ask("int(request.query.none) > 1 || request.method == 'PUT'"), RangeError);
  t.throws(() => ask('9223372036854775807 + int(request.query.page) > 0'), RangeError);
  t.throws(() => ask('1 / (int(request.query.page) - 2) > 0'), RangeError);
});

test('a mistake has its place in the text and a mend', async (t) => {
  wrong(
    t,
    'request.method == 1',
    '0 conditions/type: put the number in quotes, or read the text as a number: int(...)',
  );
  wrong(t, "request.metod == 'a'", '8 conditions/unknown-name: did you mean request.method?');
  wrong(t, "reqest.method == 'a'", '0 conditions/unknown-name: did you mean request?');
  wrong(t, "source.address == 'a'", '0 conditions/unknown-name: did you mean request.clientAddress?');
  wrong(
    t,
    "request.headers.x-tenant == 'a'",
    "18 conditions/unknown-name: a name with a hyphen is written request.headers['x-tenant']",
  );
  wrong(t, "request.path.startWith('a')", '13 conditions/unknown-function: did you mean startsWith?');
  wrong(t, "request.method = 'GET'", '15 conditions/syntax: write == to compare');
  wrong(t, "request.method == 'GET' and true", '24 conditions/syntax: write && for and');
  wrong(t, 'request.path', '0 conditions/type: compare it with something: ==, !=, <, in');
  wrong(t, '!request.path', '0 conditions/type: compare first, and put the comparison in parentheses');
  wrong(
    t,
    'has(request.foo)',
    '12 conditions/unknown-name: it has method, path, host, scheme, protocol, clientAddress, headers or query',
  );
});

test('a mistake with a claim has its mend', async (t) => {
  const int = 'a claim reads as a text: int(claims.level) is its number';
  const inside =
    "ask for a member of a list: 'admin' in claims.roles; of a map, have the issuer make claims of their own";
  wrong(t, 'claims.level > 5', `0 conditions/type: ${int}`);
  wrong(t, '7 == claims.level', `0 conditions/type: ${int}`);
  wrong(
    t,
    'claims.admin == true',
    "0 conditions/type: a claim reads as a text: put true or false in quotes, as in claims.admin == 'true'",
  );
  wrong(t, 'claims.admin', '0 conditions/type: compare it with something: ==, !=, <, in');
  wrong(t, "claims.realm_access.roles == 'a'", `0 conditions/not-taken: ${inside}`);
  wrong(t, "'a' in claims.realm_access.roles", `7 conditions/not-taken: ${inside}`);
  wrong(t, "claims.roles[0] == 'a'", `0 conditions/not-taken: ${inside}`);
  wrong(
    t,
    "claims.roles.exists(r, r == 'a')",
    "0 conditions/not-taken: ask for a member of the claim: 'admin' in claims.roles",
  );
  wrong(t, "claims.user-id == 'a'", "12 conditions/unknown-name: a name with a hyphen is written claims['user-id']");
  wrong(t, "params.item-id == 'a'", "12 conditions/unknown-name: a name with a hyphen is written params['item-id']");
  wrong(t, "claim.sub == 'a'", '0 conditions/unknown-name: did you mean claims?');
  wrong(t, "jwt.sub == 'a'", '0 conditions/unknown-name: did you mean claims?');
  wrong(t, "claims[request.method] == 'a'", "7 conditions/not-taken: write the name in quotes, as in ['x-tenant']");
});

test('what has no bound on its cost is refused', async (t) => {
  const codes = (text: string): string => {
    const read = readCondition(text);
    return read.kind === 'wrong' ? read.problems.map(({ code }) => code).join() : 'read';
  };
  t.equal(codes("request.headers.exists(name, name == 'a')"), 'conditions/not-taken');
  t.equal(codes("request.headers.map(name, name).exists(name, name == 'a')"), 'conditions/not-taken');
  t.equal(codes('request.path.matches(request.query.pattern)'), 'conditions/not-taken');
  t.equal(codes("request.path.matches('(a{50}){50}')"), 'conditions/pattern');
  t.equal(codes("request.path.matches('(?=a)')"), 'conditions/pattern');
  t.equal(codes("request.path + request.path == ''"), 'conditions/not-taken');
  t.equal(codes(`request.path == '${'a'.repeat(1024)}'`), 'conditions/too-large');
  const eight = "['a','b','c','d','e','f','g','h']";
  t.match(
    codes(`${eight}.exists(a, ${eight}.exists(b, ${eight}.exists(c, a == c && b == c)))`),
    'conditions/too-large',
  );
  t.equal(codes(Array.from({ length: 9 }, () => "request.path.matches('a')").join(' || ')), 'conditions/pattern');
  t.equal(codes(`${'('.repeat(100)}true${')'.repeat(100)}`), 'conditions/too-large');
  for (const text of [
    'dyn(1) == 1',
    "timestamp('2020-01-01T00:00:00Z') != null",
    '1.5 > 1.0',
    '{}.a == 1',
    'cel.bind(x, 1, x == 1)',
  ])
    t.not(codes(text), 'read', text);
});

test('no text breaks the reader', async (t) => {
  for (const text of [
    '',
    ' ',
    '\u0000',
    "'",
    '"""',
    '((',
    '))',
    '1 ? 2',
    '.',
    '[',
    '{',
    '\ud800',
    '__proto__',
    'constructor',
    'request.__proto__',
  ])
    t.equal(readCondition(text).kind, 'wrong', JSON.stringify(text));
});

test('what labels decide is settled where they are known, and the rest stays', async (t) => {
  const ground = {
    group: { name: 'shop', labels: { tier: 'public' } },
    route: { name: 'list', labels: { weight: '7' } },
  };
  const folded = (text: string): unknown => fold(expressionOf(text), ground);
  const yes = { kind: 'truth', value: true };
  const no = { kind: 'truth', value: false };
  t.same(folded("group.labels.tier == 'public' && route.name == 'list'"), yes);
  t.same(folded("group.labels.tier == 'internal' && request.method == 'GET'"), no);
  t.same(folded("request.method == 'GET' && group.labels.tier == 'internal'"), no);
  t.same(folded("request.method == 'GET' || has(route.labels.weight)"), yes);
  t.same(folded("int(route.labels.weight) > 5 && group.name.startsWith('sh')"), yes);
  t.same(folded("group.labels.tier == 'public' && request.method == 'GET'"), expressionOf("request.method == 'GET'"));
  t.same(folded("(group.labels.none == '' ? request.path : request.host) == 'a'"), expressionOf("request.path == 'a'"));
  t.same(folded('-int(route.labels.weight) < 0 && size(group.name) * 2 == 8'), yes);
  t.same(folded("group.labels.tier.upperAscii().matches('^PUB') == true"), yes);
  t.same(folded("!(group.name in ['a', 'shop'])"), no);
});

test('what has no answer stays and fails at run time, unless the other side decides', async (t) => {
  const nowhere = { group: NOWHERE, route: NOWHERE };
  const failing = fold(expressionOf('int(group.labels.weight) > 5'), nowhere);
  t.equal(failing.kind, 'compare-number');
  t.throws(() => toPredicate(failing)(inputs()), RangeError);
  t.same(fold(expressionOf('has(group.labels.weight) && int(group.labels.weight) > 5'), nowhere), {
    kind: 'truth',
    value: false,
  });
});

test('only conditions that read the ground differ from place to place', async (t) => {
  t.equal(
    readsGround(expressionOf("request.path == 'a' || consumer.labels.tier == 'b' || has(request.headers.x)")),
    false,
  );
  t.equal(readsGround(expressionOf("request.path == 'a' || int(route.labels.tier) > 1")), true);
  t.equal(readsGround(expressionOf("request.path == 'a' && (has(group.labels.x) ? true : false)")), true);
  t.equal(readsGround(expressionOf("group.name == ''")), true);
});

test('a hostile condition over the largest head stays linear in its length', async (t) => {
  const patterns = ['(x+x+)+[yz]', '(a|b)*a(a|b){60}c', '(.*a){20}b$', '([a-z]{1,30}){8}[0-9]$', '(a?){90}a{90}[0-9]'];
  const text = patterns.map((pattern, at) => `request.headers['x-${at}'].matches('${pattern}')`).join(' || ');
  const predicate = toPredicate(expressionOf(text));
  const timeOf = (length: number): number => {
    const headers = HeaderList.from(
      Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`x-${at}`, 'ax'.repeat(length / 2)])),
    );
    predicate(inputs({ headers }));
    const start = cpuTime();
    for (let time = 0; time < 5; time += 1) predicate(inputs({ headers }));
    return (cpuTime() - start) / 5;
  };
  timeOf(2048);
  const [short, long] = [timeOf(1024), timeOf(8192)];
  t.comment(`1 KiB: ${short.toFixed(2)} ms, 8 KiB: ${long.toFixed(2)} ms`);
  // Eight times the text: eight times the work, with a wide margin for a busy machine. Backtracking would never end.
  t.ok(long < short * 80 + 50, `${short} ms, then ${long} ms`);
});
