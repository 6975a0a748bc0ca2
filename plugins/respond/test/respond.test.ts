import { tryPlugin } from '@postern/kit/testkit';
import type { Answer, Setting, TriedRequest } from '@postern/kit/testkit';
import respond from '@postern/plugin-respond';
import { test } from 'tap';

async function send(config: object, request: TriedRequest = {}, setting: Setting = {}): Promise<Answer> {
  return tryPlugin(respond, { config, ...setting }).send(request);
}

function codes(config: object): readonly string[] {
  return tryPlugin(respond, { config }).issues.map(
    ({ code, pointer }) => `${code} ${pointer.replace('/policies/0/config', '')}`,
  );
}

test('answers in place of the upstream: text, JSON or nothing', async (t) => {
  const rows: readonly (readonly [object, number, string, string | undefined])[] = [
    [{}, 200, '', undefined],
    [{ status: 204 }, 204, '', undefined],
    [{ body: 'gone', status: 410 }, 410, 'gone', 'text/plain; charset=utf-8'],
    [{ json: { ok: true, list: [1, null, 'a"b'] } }, 200, '{"ok":true,"list":[1,null,"a\\"b"]}', 'application/json'],
    [{ json: null }, 200, 'null', 'application/json'],
    [{ json: 'text' }, 200, '"text"', 'application/json'],
    [{ body: '<p>hi</p>', headers: { 'Content-Type': 'text/html' } }, 200, '<p>hi</p>', 'text/html'],
  ];
  for (const [config, status, body, type] of rows) {
    const answer = await send(config);
    t.strictSame(
      [answer.status, answer.body, answer.headers['content-type'], answer.upstream],
      [status, body, type, undefined],
    );
  }
});

test('values of the request stand in text as they are, in JSON and HTML escaped, in headers cleaned', async (t) => {
  const request = { path: '/p/a?q=%3Cb%3E%22%0D%0Ax', headers: { 'x-a': '<i>"' } };
  const value = "{{ request.query['q'] }}";
  t.equal((await send({ body: value }, request)).body, '<b>"\r\nx');
  t.same(JSON.parse((await send({ json: { [value]: [value] } }, request)).body), { [value]: ['<b>"\r\nx'] });
  t.equal(
    (await send({ body: `<p title="${value}">${value}</p>`, headers: { 'content-type': 'text/html' } }, request)).body,
    '<p title="&lt;b&gt;&quot;\r\nx">&lt;b&gt;&quot;\r\nx</p>',
  );
  const json = await send({ body: `{"a":"${value}"}`, headers: { 'content-type': 'application/vnd.a+json' } }, request);
  t.same(JSON.parse(json.body), { a: '<b>"\r\nx' });
  const lines = await send({ headers: { 'x-q': value, 'x-b': "a{{ request.headers['x-a'] }}" } }, request);
  t.match(lines.headers, { 'x-q': '<b>"??x', 'x-b': 'a<i>"' });
  t.equal((await send({ body: value }, request)).headers['x-content-type-options'], 'nosniff');
});

test('says who the caller is', async (t) => {
  const caller = { consumer: { name: 'jo', labels: { tier: 'gold' } }, claims: { sub: 's-1' } };
  const answer = await send(
    { json: { name: '{{ consumer.name }}', tier: '{{ consumer.labels.tier }}', sub: '{{ claims.sub }}' } },
    {},
    { caller },
  );
  t.same(JSON.parse(answer.body), { name: 'jo', tier: 'gold', sub: 's-1' });
});

test('redirects, with values encoded for where they stand', async (t) => {
  const rows: readonly (readonly [object, string, string])[] = [
    [{ location: 'https://www.example.com/new' }, '/', 'https://www.example.com/new'],
    [{ location: 'https://www.example.com{{ request.path }}' }, '/a%20b/c', 'https://www.example.com/a%20b/c'],
    [{ location: 'https://www.example.com/{{ params.rest }}' }, '/x', 'https://www.example.com/'],
    [{ location: 'https://e.test/a', keepQuery: true }, '/x?b=1&c', 'https://e.test/a?b=1&c'],
    [{ location: 'https://e.test/a?x=1', keepQuery: true }, '/x?b=1', 'https://e.test/a?x=1&b=1'],
    [{ location: 'https://e.test/a', keepQuery: true }, '/x', 'https://e.test/a'],
    [{ location: "/find?q={{ request.query['q'] }}" }, '/?q=a%26b%3D%0D%0A', '/find?q=a%26b%3D%0D%0A'],
    [{ location: '{{ request.path }}/' }, '/a', '/a/'],
    [{ location: "https://e.test/u/{{ request.headers['x-u'] }}" }, '/', 'https://e.test/u/..%2F%3F%40evil.test'],
  ];
  for (const [redirect, path, location] of rows) {
    const answer = await send({ redirect }, { path, headers: { 'x-u': '../?@evil.test' } });
    t.strictSame([answer.status, answer.headers['location'], answer.body], [302, location, '']);
  }
  t.equal((await send({ redirect: { location: '/a', status: 308 } })).status, 308);
});

test('an empty value or one with a slash never makes a host of what follows', async (t) => {
  const location = "/{{ request.query['a'] }}/{{ request.query['b'] }}";
  t.equal((await send({ redirect: { location } }, { path: '/?b=evil.test' })).headers['location'], '/evil.test');
  t.equal(
    (await send({ redirect: { location: '/{{ request.path }}' } }, { path: '/evil.test' })).headers['location'],
    '/evil.test',
  );
});

test('leads to https on the same host, and lets what is there go on', async (t) => {
  const config = { redirect: { scheme: 'https', status: 308 } };
  const answer = await send(config, { path: '/a?b=c' });
  t.strictSame([answer.status, answer.headers['location']], [308, 'https://gateway.test/a?b=c']);
  const other = await send({ redirect: { scheme: 'https', port: 8443 } });
  t.equal(other.headers['location'], 'https://gateway.test:8443/');
});

test('a location that a client could bend is refused when the document loads', async (t) => {
  const refused = (location: string) => codes({ redirect: { location } })[0]?.split(' ')[0];
  for (const location of [
    "{{ request.query['to'] }}",
    "https://{{ request.query['to'] }}",
    'https://{{ request.host }}/a',
    'https://www.example.com{{ params.rest }}',
    'https://www.example.com:{{ params.rest }}/',
    "{{ request.path }}{{ 'x' }}".replace('request.path', 'request.scheme'),
  ])
    t.match(refused(location), /^respond\/(?:open-redirect|redirect)$/, location);
  for (const location of [
    '//evil.test/a',
    'javascript:alert(1)',
    'https://user@host/',
    'ftp://host/',
    'next',
    '/\\evil.test',
    '/a b',
    '/é',
    '/%zz',
    '',
    'https://',
    '/a\r\nset-cookie: b',
  ])
    t.equal(refused(location), 'respond/redirect', JSON.stringify(location));
  for (const location of [
    '/a',
    'https://e.test',
    'http://[::1]:80/a',
    'https://e.test?a={{ params.a }}',
    'https://e.test/#{{ params.a }}',
  ])
    t.equal(refused(location), undefined, location);
});

test('a maintenance page is HTML for browsers and problem details for programs, never kept', async (t) => {
  const config = { maintenance: { retryAfter: 120, message: 'Back at 9 for <{{ request.path }}>.' } };
  const json = await send(config, { path: '/a', headers: { accept: '*/*' } });
  t.strictSame(json.status, 503);
  t.match(json.headers, {
    'content-type': 'application/problem+json',
    'retry-after': '120',
    'cache-control': 'no-store',
    vary: 'Accept',
  });
  t.same(JSON.parse(json.body), {
    type: 'about:blank',
    title: 'Service Unavailable',
    status: 503,
    detail: 'Back at 9 for </a>.',
    code: 'respond/maintenance',
    policy: 'policy',
  });
  const html = await send(config, { path: '/a', headers: { accept: 'text/html,application/xml;q=0.9,*/*;q=0.8' } });
  t.match(html.headers, { 'content-type': 'text/html; charset=utf-8', 'retry-after': '120' });
  t.match(html.body, '<p>Back at 9 for &lt;/a&gt;.</p>');
  const page = await send(
    { maintenance: { page: '<h1>{{ request.path }}</h1>' } },
    { path: '/a', headers: { accept: 'text/html' } },
  );
  t.equal(page.body, '<h1>/a</h1>');
  for (const accept of ['application/json, text/html;q=0.5', 'text/html;q=0', 'text/html;q=x', ''])
    t.equal((await send(config, { headers: { accept } })).headers['content-type'], 'application/problem+json', accept);
});

test('values stand in a page only where escapes keep them what they are', async (t) => {
  const at = (body: string) => codes({ headers: { 'content-type': 'text/html' }, body });
  for (const body of [
    '<p>{{ params.a }}</p>',
    '<p class="a" title=\'{{ params.a }}\'>',
    '<script>let a = 1 < 2;</script><p>{{ params.a }}',
    '<!-- <script> --><p>{{ params.a }}',
    '1 < 2 {{ params.a }}',
    '<textarea>{{ params.a }}</textarea>',
  ])
    t.same(at(body), [], body);
  for (const body of [
    '<script>let a = "{{ params.a }}"</script>',
    '<SCRIPT type="x>y">{{ params.a }}',
    '<style>{{ params.a }}</style>',
    '<p title={{ params.a }}>',
    '<p {{ params.a }}>',
    '<{{ params.a }}>',
    '<a href="{{ params.a }}">',
    '<a href="/x?{{ params.a }}">',
    '<a onclick = "f({{ params.a }})">',
    '<!-- {{ params.a }} -->',
  ])
    t.same(at(body), ['respond/value-place /body'], body);
  t.same(codes({ headers: { 'content-type': 'text/javascript' }, body: 'f("{{ params.a }}")' }), [
    'respond/value-place /body',
  ]);
  t.same(codes({ headers: { 'content-type': 'text/javascript' }, body: 'f()' }), []);
});

test('says every problem of a config at once', async (t) => {
  t.same(
    codes({
      body: '{{ x }}',
      json: 1,
      status: 204,
      headers: { 'Content-Length': '1', 'x y': '1', 'X-A': 'a\n', 'x-a': '1' },
    }).toSorted(),
    [
      'conditions/unknown-name /body',
      'respond/header /headers/Content-Length',
      'respond/header /headers/X-A',
      'respond/header /headers/x y',
      'respond/header /headers/x-a',
      'respond/status /status',
      'respond/two-answers /json',
    ].toSorted(),
  );
  t.same(codes({ redirect: {} }), ['respond/redirect /redirect']);
  t.same(codes({ redirect: { location: '/a', scheme: 'https', keepQuery: true } }), [
    'respond/redirect /redirect/scheme',
    'respond/redirect /redirect/keepQuery',
  ]);
  t.same(codes({ redirect: { location: '/a#b', keepQuery: true, port: 1 }, status: 301 }), [
    'respond/status /status',
    'respond/redirect /redirect/port',
    'respond/redirect /redirect/keepQuery',
  ]);
  t.same(codes({ maintenance: { page: '<p {{ params.a }}>' }, headers: { 'Retry-After': '1' }, status: 503 }), [
    'respond/status /status',
    'respond/value-place /maintenance/page',
    'respond/header /headers',
  ]);
  for (const name of ['Location', 'Refresh', 'access-control-allow-origin'])
    t.same(codes({ headers: { [name]: '/a' } }), [`respond/header /headers/${name}`]);
  for (const name of ['content-type', 'set-cookie', 'link'])
    t.same(codes({ headers: { [name]: '{{ params.a }}' } }), [`respond/value-place /headers/${name}`]);
});

test('in shadow nothing changes, and what would have been said is known', async (t) => {
  const answer = await send({ status: 410 }, { path: '/a' }, { mode: 'shadow' });
  t.equal(answer.status, 200);
  t.equal(answer.upstream?.path, '/a');
  t.match(answer.decision.policies, [{ policy: 'policy', mode: 'shadow' }]);
});

test('answers always, but for a redirect to https', async (t) => {
  t.same(respond.traits?.({ body: 'x' }), ['always-answers']);
  t.same(respond.traits?.({ redirect: { scheme: 'https' } }), []);
  t.equal(respond.answers?.({}), true);
  t.equal(respond.guards({}), false);
});
