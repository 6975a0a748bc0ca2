import { tryPlugin } from '@postern/kit/testkit';
import type { TriedPlugin, TriedRequest } from '@postern/kit/testkit';
import jwt from '@postern/plugin-jwt';
import { test } from 'tap';
import { CLAIMS, said, SECRET, token } from './tokens.ts';

const good = await token({ alg: 'HS256' }, SECRET, CLAIMS);
const second = await token({ alg: 'HS256' }, SECRET, { ...CLAIMS, sub: 'bob' });

function tried(config: object = {}): TriedPlugin {
  return tryPlugin(jwt, { config: { secret: '${env:S}', ...config }, variables: { S: SECRET } });
}

const ALL = {
  from: [{ header: 'Authorization' }, { header: 'X-Token' }, { query: 'access_token' }, { cookie: 'session' }],
};

test('a token is found where the config says, and nowhere else', async (t) => {
  const rows: readonly (readonly [string, object, TriedRequest, string])[] = [
    ['behind Bearer', {}, { headers: { authorization: `Bearer ${good}` } }, '200'],
    ['the scheme in any case', {}, { headers: { authorization: `bEARER ${good}` } }, '200'],
    ['several spaces', {}, { headers: { authorization: `Bearer   ${good} ` } }, '200'],
    ['another scheme', {}, { headers: { authorization: `Basic ${good}` } }, '401 jwt/missing'],
    ['no scheme', {}, { headers: { authorization: good } }, '401 jwt/missing'],
    ['a longer scheme', {}, { headers: { authorization: `Bearers ${good}` } }, '401 jwt/missing'],
    ['a tab behind the scheme', {}, { headers: { authorization: `Bearer\t${good}` } }, '401 jwt/missing'],
    ['the scheme alone', {}, { headers: { authorization: 'Bearer' } }, '401 jwt/missing'],
    ['an empty token', {}, { headers: { authorization: 'Bearer ' } }, '401 jwt/missing'],
    ['nothing', {}, {}, '401 jwt/missing'],
    ['in the query, unasked', {}, { path: `/?access_token=${good}` }, '401 jwt/missing'],
    ['in a cookie, unasked', {}, { headers: { cookie: `session=${good}` } }, '401 jwt/missing'],
    ['in the query', ALL, { path: `/?a=1&access_token=${good}` }, '200'],
    ['in the query, escaped', ALL, { path: `/?access%5Ftoken=${good.replaceAll('.', '%2E')}` }, '200'],
    ['in the query with a bad escape', ALL, { path: `/?b=%zz&access_token=${good}` }, '200'],
    ['in a query that begins with ?', ALL, { path: `/??access_token=${good}` }, '401 jwt/missing'],
    ['in a cookie', ALL, { headers: { cookie: `a=b; session=${good}; c=d` } }, '200'],
    ['in a cookie of a longer name', ALL, { headers: { cookie: `xsession=${good}` } }, '401 jwt/missing'],
    ['in a header', ALL, { headers: { 'x-token': good } }, '200'],
    [
      'in a header with a scheme that is not asked for',
      ALL,
      { headers: { 'x-token': `Bearer ${good}` } },
      '401 jwt/invalid',
    ],
    [
      'in a header with a scheme of its own',
      { from: [{ header: 'x-token', scheme: 'Token' }] },
      { headers: { 'x-token': `token ${good}` } },
      '200',
    ],
  ];
  for (const [name, config, request, wanted] of rows) t.equal(said(await tried(config).send(request)), wanted, name);
});

test('one token in several places is one, two are refused with 400: who knows which an upstream reads', async (t) => {
  const policy = tried(ALL);
  const once = await policy.send({ path: `/?access_token=${good}`, headers: { authorization: `Bearer ${good}` } });
  t.equal(said(once), '200');
  const rows: readonly TriedRequest[] = [
    { path: `/?access_token=${second}`, headers: { authorization: `Bearer ${good}` } },
    { path: `/?access_token=${good}&access_token=${second}` },
    { path: `/?access_token=${good}&access%5ftoken=x` },
    { headers: { cookie: `session=${good}; session=${second}` } },
    { headers: { 'x-token': good, cookie: `session=${second}` } },
  ];
  for (const request of rows) {
    const answer = await policy.send(request);
    t.equal(said(answer), '400 jwt/ambiguous', JSON.stringify(request).slice(0, 40));
    t.match(answer.headers['www-authenticate'], 'error="invalid_request"');
    t.equal(answer.upstream, undefined);
  }
});

test('a token goes upstream as it came, unless the config hides it: then it alone is gone', async (t) => {
  const request = {
    path: `/p?a=1&access_token=${good}&b=%2F&&access%5Ftoken=${good}`,
    headers: { authorization: `Bearer ${good}`, 'x-token': good, cookie: `a=b; session=${good}; c="d"` },
  };
  const open = await tried(ALL).send(request);
  t.equal(open.upstream?.path, request.path);
  t.match(open.upstream?.headers, request.headers);
  const hidden = await tried({ ...ALL, hideCredentials: true }).send(request);
  t.equal(hidden.status, 200);
  t.equal(hidden.upstream?.path, '/p?a=1&b=%2F&');
  t.equal(hidden.upstream?.headers['cookie'], 'a=b; c="d"');
  t.notMatch(JSON.stringify(hidden.upstream), good);
  const other = await tried({ ...ALL, hideCredentials: true }).send({
    headers: { authorization: 'Basic YTpi', cookie: `session=${good}` },
  });
  t.equal(other.upstream?.headers['authorization'], 'Basic YTpi', 'what is no token of its own stays');
  t.notOk('cookie' in (other.upstream?.headers ?? {}), 'no cookie is left');
});

test('a token over the limit is refused, by its size alone', async (t) => {
  const large = await token({ alg: 'HS256' }, SECRET, { ...CLAIMS, pad: 'x'.repeat(6200) });
  t.ok(large.length > 8192 && large.length < 10_000, `${large.length}`);
  t.equal(said(await tried().send({ headers: { authorization: `Bearer ${large}` } })), '401 jwt/invalid');
  const wide = tried({ maxTokenSize: '10KiB' });
  t.equal(said(await wide.send({ headers: { authorization: `Bearer ${large}` } })), '200');
  const narrow = tried({ maxTokenSize: 256 });
  const longer = await token({ alg: 'HS256' }, SECRET, { ...CLAIMS, pad: 'x'.repeat(100) });
  t.equal(said(await narrow.send({ headers: { authorization: `Bearer ${longer}` } })), '401 jwt/invalid');
});

test('decisions show no token, wherever it stood', async (t) => {
  const policy = tried(ALL);
  for (const request of [
    { path: `/?access_token=${good}` },
    { headers: { authorization: `Bearer ${good}` } },
    { headers: { 'x-token': good } },
    { headers: { cookie: `session=${good}` } },
  ]) {
    const { decision } = await policy.send(request);
    const signature = good.split('.')[2] ?? '';
    t.notMatch(JSON.stringify({ ...decision, request: { ...decision.request, query: '' }, upstream: null }), signature);
  }
});
