import { tryPlugin } from '@postern/kit/testkit';
import type { Setting, TriedRequest } from '@postern/kit/testkit';
import { test } from 'tap';
import keyAuth, { digestOf } from '../src/index.ts';
import { KnownKeys } from '../src/known-keys.ts';

const KEY = 'k3y-of-ann-k3y-of-ann';
const OTHER = 'k3y-of-bob-k3y-of-bob';
const CHALLENGE = 'ApiKey realm="postern"';

const consumers = [
  { name: 'ann', labels: { tier: 'gold' }, credentials: [{ key: digestOf(KEY) }, { key: digestOf('spare') }] },
  { name: 'bob', credentials: [{ key: '${env:BOB_KEY}' }] },
  { name: 'anybody' },
];
const variables = { BOB_KEY: OTHER };
const trying = (config: object = {}, more: Setting = {}) =>
  tryPlugin(keyAuth, { config, consumers, variables, ...more });

const EVERYWHERE = { in: ['header', 'query', 'cookie'] };

/** Request, then status, code, consumer. */
const rows: readonly (readonly [
  what: string,
  config: object,
  request: TriedRequest,
  expected: readonly [status: number, code: string | null, consumer: string | null],
])[] = [
  ['a key in the header', {}, { headers: { 'X-Api-Key': KEY } }, [200, null, 'ann']],
  ['the second key of a consumer', {}, { headers: { 'x-api-key': 'spare' } }, [200, null, 'ann']],
  ['a key that came from a reference', {}, { headers: { 'x-api-key': OTHER } }, [200, null, 'bob']],
  ['no key', {}, {}, [401, 'key-auth/missing', null]],
  ['an empty key', {}, { headers: { 'x-api-key': '' } }, [401, 'key-auth/missing', null]],
  ['a wrong key', {}, { headers: { 'x-api-key': `${KEY}x` } }, [401, 'key-auth/unknown', null]],
  ['a key in another case', {}, { headers: { 'x-api-key': KEY.toUpperCase() } }, [401, 'key-auth/unknown', null]],
  ['the digest instead of its key', {}, { headers: { 'x-api-key': digestOf(KEY) } }, [401, 'key-auth/unknown', null]],
  ['a name from a prototype', {}, { headers: { 'x-api-key': '__proto__' } }, [401, 'key-auth/unknown', null]],
  ['a key of 10 KiB', {}, { headers: { 'x-api-key': 'k'.repeat(10_240) } }, [401, 'key-auth/unknown', null]],
  ['bytes beyond ASCII', {}, { headers: { 'x-api-key': 'k\u00ff' } }, [401, 'key-auth/unknown', null]],
  ['a key where none is looked for', {}, { path: `/?x-api-key=${KEY}` }, [401, 'key-auth/missing', null]],
  ['another name', { name: 'X-Key' }, { headers: { 'x-key': KEY } }, [200, null, 'ann']],
  ['a key in the query', EVERYWHERE, { path: `/?a=1&x-api-key=${KEY}&b` }, [200, null, 'ann']],
  ['a key with an encoded name', EVERYWHERE, { path: `/?x%2Dapi-key=${KEY}` }, [200, null, 'ann']],
  ['an encoded key', EVERYWHERE, { path: '/?x-api-key=%73pare' }, [200, null, 'ann']],
  ['a percent sign that encodes nothing', EVERYWHERE, { path: '/?x-api-key=%zz%' }, [401, 'key-auth/unknown', null]],
  ['a parameter in another case', EVERYWHERE, { path: `/?X-API-KEY=${KEY}` }, [401, 'key-auth/missing', null]],
  ['a parameter without a value', EVERYWHERE, { path: '/?x-api-key&x-api-key=' }, [401, 'key-auth/missing', null]],
  ['a key in a cookie', EVERYWHERE, { headers: { cookie: `a=1; x-api-key=${KEY}; b=2` } }, [200, null, 'ann']],
  [
    'a cookie of a longer name',
    EVERYWHERE,
    { headers: { cookie: `my-x-api-key=${KEY}` } },
    [401, 'key-auth/missing', null],
  ],
  ['an empty cookie', EVERYWHERE, { headers: { cookie: 'x-api-key=' } }, [401, 'key-auth/missing', null]],
  [
    'one key in two places',
    EVERYWHERE,
    { path: `/?x-api-key=${KEY}`, headers: { 'x-api-key': KEY } },
    [200, null, 'ann'],
  ],
  [
    'two keys in two places',
    EVERYWHERE,
    { path: `/?x-api-key=${OTHER}`, headers: { 'x-api-key': KEY } },
    [401, 'key-auth/ambiguous', null],
  ],
  [
    'two keys in a query',
    EVERYWHERE,
    { path: `/?x-api-key=${KEY}&x-api-key=${OTHER}` },
    [401, 'key-auth/ambiguous', null],
  ],
  ['two lines with one key', {}, { headers: { 'x-api-key': KEY, 'X-Api-Key': KEY } }, [200, null, 'ann']],
  [
    'two lines with two keys',
    {},
    { headers: { 'x-api-key': KEY, 'X-Api-Key': OTHER } },
    [401, 'key-auth/ambiguous', null],
  ],
  [
    'two lines, one of them wrong',
    {},
    { headers: { 'x-api-key': KEY, 'X-Api-Key': 'x' } },
    [401, 'key-auth/ambiguous', null],
  ],
  ['nobody where somebody may come', { anonymous: 'anybody' }, {}, [200, null, 'anybody']],
  [
    'a wrong key where anybody may come',
    { anonymous: 'anybody' },
    { headers: { 'x-api-key': 'x' } },
    [401, 'key-auth/unknown', null],
  ],
  ['a key where anybody may come', { anonymous: 'anybody' }, { headers: { 'x-api-key': KEY } }, [200, null, 'ann']],
];

for (const [what, config, request, expected] of rows) {
  test(`${what}: ${expected[0]} ${expected[1] ?? expected[2]}`, async (t) => {
    const { status, headers, decision, consumer, upstream } = await trying(config).send(request);
    t.same([status, decision.answer.code, consumer?.name ?? null], expected);
    t.equal(headers['www-authenticate'], status === 401 ? CHALLENGE : undefined);
    t.equal(upstream === undefined, status === 401);
  });
}

test('a key that was shown before is the same key, and a wrong one stays wrong', async (t) => {
  const tried = trying(EVERYWHERE);
  const whose = async (key: string) => (await tried.send({ headers: { 'x-api-key': key } })).consumer?.name;
  const keys = [KEY, OTHER, KEY, 'spare', `${KEY}x`, KEY.slice(1), KEY, `${KEY}x`];
  const owners: (string | undefined)[] = [];
  for (const key of keys) owners.push(await whose(key));
  t.same(owners, ['ann', 'bob', 'ann', 'ann', undefined, undefined, 'ann', undefined]);
  t.equal((await tried.send({ path: `/?x-api-key=${OTHER}` })).consumer?.name, 'bob');
});

test('more keys than are remembered are all known, again and again', async (t) => {
  const many = Array.from({ length: 10_500 }, (_, at) => ({ key: digestOf(`key-${at}`) }));
  const known = new KnownKeys([
    ...many.map((credential) => ({ consumer: { name: 'ann', labels: {} }, credential })),
    { consumer: { name: 'bob', labels: {} }, credential: { key: digestOf('bob') } },
  ]);
  for (let time = 0; time < 2; time += 1) {
    const owners = new Set(many.map((_, at) => known.ownerOf(`key-${at}`)?.name));
    t.same([...owners], ['ann']);
    t.equal(known.ownerOf('bob')?.name, 'bob');
    t.equal(known.ownerOf('key-10500'), undefined);
  }
});

test('the key does not go upstream, and all else goes as it came', async (t) => {
  const { upstream } = await trying(EVERYWHERE).send({
    path: `/x?a=%41&&x-api-key=${KEY}&b=+1&x%2dapi-key=${KEY}&c`,
    headers: { 'x-api-key': KEY, cookie: `a="1"; x-api-key=${KEY};b=2;  c=3`, 'x-other': '1' },
  });
  t.equal(upstream?.path, '/x?a=%41&&b=+1&c');
  t.equal(upstream?.headers['cookie'], 'a="1";b=2;  c=3');
  t.notOk('x-api-key' in (upstream?.headers ?? {}));
  t.equal(upstream?.headers['x-other'], '1');
  t.notMatch(JSON.stringify(upstream), KEY);
});

test('what held the key alone is gone without a trace', async (t) => {
  const tried = trying(EVERYWHERE);
  t.equal((await tried.send({ path: `/x?x-api-key=${KEY}` })).upstream?.path, '/x');
  const { upstream } = await tried.send({ headers: { cookie: `x-api-key=${KEY}` } });
  t.notOk('cookie' in (upstream?.headers ?? {}));
  const first = await tried.send({ headers: { cookie: `x-api-key=${KEY}; b=2` } });
  t.equal(first.upstream?.headers['cookie'], 'b=2');
});

test('a request without a key is edited nowhere', async (t) => {
  const { steps, upstream } = await trying({ ...EVERYWHERE, anonymous: 'anybody' }).send({
    path: '/x?a=1&b',
    headers: { cookie: 'a=1' },
  });
  t.same([upstream?.path, upstream?.headers['cookie']], ['/x?a=1&b', 'a=1']);
  t.same(
    steps[0]?.edits.map(({ name }) => name),
    [],
  );
});

test('hideCredentials: false leaves all of it where it is', async (t) => {
  const { upstream } = await trying({ ...EVERYWHERE, hideCredentials: false }).send({
    path: `/?x-api-key=${KEY}`,
    headers: { 'x-api-key': KEY, cookie: `x-api-key=${KEY}` },
  });
  t.equal(upstream?.path, `/?x-api-key=${KEY}`);
  t.match(upstream?.headers, { 'x-api-key': KEY, cookie: `x-api-key=${KEY}` });
});

test('the upstream learns the consumer and its labels, and nothing of the client under those names', async (t) => {
  const { upstream } = await trying().send({
    headers: { 'x-api-key': KEY, 'x-consumer-name': 'root', 'x-consumer-label-tier': 'platinum' },
  });
  t.match(upstream?.headers, { 'x-consumer-name': 'ann', 'x-consumer-label-tier': 'gold' });
});

test('in shadow nobody is identified, nobody refused, and the key goes on', async (t) => {
  const tried = trying(EVERYWHERE, { mode: 'shadow' });
  const known = await tried.send({ path: `/?x-api-key=${KEY}` });
  t.same([known.status, known.consumer, known.upstream?.path], [200, null, `/?x-api-key=${KEY}`]);
  t.notOk('x-consumer-name' in (known.upstream?.headers ?? {}));
  const unknown = await tried.send({});
  t.equal(unknown.status, 200);
  t.match(unknown.steps, [{ verdict: 'would refuse', code: 'key-auth/missing' }]);
});

test('decisions show no key, in whichever place', async (t) => {
  const { decision } = await trying({ ...EVERYWHERE, name: 'x-secret' }).send({
    headers: { 'x-secret': KEY, cookie: `x-secret=${KEY}` },
  });
  t.equal(decision.answer.status, 200);
  t.notMatch(JSON.stringify(decision), KEY);
});

const mistakes: readonly (readonly [what: string, setting: Setting, codes: readonly string[]])[] = [
  ['a name with a space', { config: { name: 'api key' } }, ['key-auth/name']],
  ['the name of another header', { config: { name: 'Cookie' } }, ['key-auth/name']],
  ['a reserved name', { config: { name: 'x-consumer-key' } }, ['key-auth/name']],
  ['an unknown consumer', { config: { anonymous: 'nobody' } }, ['key-auth/anonymous']],
  ['two mistakes', { config: { name: '', anonymous: 'nobody' } }, ['key-auth/name', 'key-auth/anonymous']],
  ['no places', { config: { in: [] } }, ['document/value']],
  ['an unknown place', { config: { in: ['body'] } }, ['document/value']],
  ['no keys', { consumers: [{ name: 'ann' }] }, ['key-auth/no-keys']],
  ['a plain key', { consumers: [{ name: 'ann', credentials: [{ key: KEY }] }] }, ['secrets/plain']],
  ['an empty key', { consumers: [{ name: 'ann', credentials: [{ key: '' }] }] }, ['document/value', 'secrets/plain']],
  ['half a digest', { consumers: [{ name: 'ann', credentials: [{ key: 'sha256:abc' }] }] }, ['key-auth/digest']],
  [
    'two consumers with one key, one of them by its digest',
    {
      consumers: [
        { name: 'ann', credentials: [{ key: digestOf(OTHER) }] },
        { name: 'bob', credentials: [{ key: '${env:BOB_KEY}' }] },
      ],
    },
    ['consumers/same-credential'],
  ],
];

for (const [what, setting, codes] of mistakes) {
  test(`${what}: ${codes.join(', ')}`, async (t) => {
    const { issues } = tryPlugin(keyAuth, { consumers, variables, ...setting });
    t.same(
      issues.map(({ code }) => code),
      codes,
    );
    t.notMatch(JSON.stringify(issues), new RegExp(`${KEY}|${OTHER}`));
  });
}

test('it guards unless anybody may come, and owns up to the header that it takes away', async (t) => {
  t.same([keyAuth.guards({}), keyAuth.guards({ anonymous: 'anybody' })], [true, false]);
  t.equal(keyAuth.answers?.({}), false);
  t.same(keyAuth.credentials?.({ name: 'X-Key' }), ['X-Key']);
  t.same(keyAuth.writes?.({ name: 'X-Key' }), { request: ['x-key'] });
  t.same(keyAuth.writes?.({ hideCredentials: false }), {});
});
