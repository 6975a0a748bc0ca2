import { randomBytes } from 'node:crypto';
import { tryPlugin } from '@postern/kit/testkit';
import type { Setting, TriedPlugin } from '@postern/kit/testkit';
import { test } from 'tap';
import basicAuth, { hashPassword } from '../src/index.ts';

/** As cheap as a hash may be: these tests count hashes, they do not guard anything. */
const CHEAP = { N: 1024, r: 8, p: 1 };
const hashOf = (password: string, cost = CHEAP): Promise<string> => hashPassword(password, randomBytes(16), cost);

const CHALLENGE = 'Basic realm="postern", charset="UTF-8"';
const NOON = Date.UTC(2026, 0, 1, 12);

const consumers = [
  {
    name: 'ann',
    labels: { tier: 'gold' },
    credentials: [{ username: 'ann', password: await hashOf('pa:ss w\u00f6rd') }],
  },
  { name: 'bob', credentials: [{ username: 'bob', password: await hashOf('') }] },
  { name: 'cleo', credentials: [{ username: 'cl\u00e9o', password: '${env:CLEO}' }] },
];
const variables = { CLEO: 'secret of cleo' };

const trying = (config: object = {}, more: Setting = {}): TriedPlugin =>
  tryPlugin(basicAuth, { config, consumers, variables, timeout: '60s', ...more });

const coded = (text: string | Uint8Array): string => Buffer.from(text).toString('base64');
const basic = (username: string, password: string): { readonly authorization: string } => ({
  authorization: `Basic ${coded(`${username}:${password}`)}`,
});

/** Field, then status, code, consumer. */
const rows: readonly (readonly [
  what: string,
  authorization: string | undefined,
  expected: readonly [status: number, code: string | null, consumer: string | null],
])[] = [
  ['a hashed password', `Basic ${coded('ann:pa:ss w\u00f6rd')}`, [200, null, 'ann']],
  ['a password in another form of Unicode', `Basic ${coded('ann:pa:ss wo\u0308rd')}`, [200, null, 'ann']],
  ['a scheme in another case', `bAsIc  ${coded('ann:pa:ss w\u00f6rd')}`, [200, null, 'ann']],
  ['an empty password', `Basic ${coded('bob:')}`, [200, null, 'bob']],
  ['a password that came from a reference', `Basic ${coded('cl\u00e9o:secret of cleo')}`, [200, null, 'cleo']],
  ['a name in another form of Unicode', `Basic ${coded('cle\u0301o:secret of cleo')}`, [200, null, 'cleo']],
  ['nothing', undefined, [401, 'basic-auth/missing', null]],
  ['another scheme', 'Bearer abc', [401, 'basic-auth/missing', null]],
  ['a longer word', 'Basics abc', [401, 'basic-auth/missing', null]],
  ['a wrong password', `Basic ${coded('ann:pa')}`, [401, 'basic-auth/invalid', null]],
  ['a wrong plain password', `Basic ${coded('cl\u00e9o:secret')}`, [401, 'basic-auth/invalid', null]],
  ['an unknown user', `Basic ${coded('dan:pa')}`, [401, 'basic-auth/invalid', null]],
  ['a name in another case', `Basic ${coded('Ann:pa:ss w\u00f6rd')}`, [401, 'basic-auth/invalid', null]],
  ['a name from a prototype', `Basic ${coded('__proto__:x')}`, [401, 'basic-auth/invalid', null]],
  ['an empty name', `Basic ${coded(':x')}`, [401, 'basic-auth/invalid', null]],
  ['nothing behind the scheme', 'Basic', [401, 'basic-auth/invalid', null]],
  ['no base64', 'Basic !!!!', [401, 'basic-auth/invalid', null]],
  ['base64 without padding', `Basic ${coded('ann:pa').replaceAll('=', '')}x`, [401, 'basic-auth/invalid', null]],
  ['base64 for URLs', 'Basic YW5uOv__', [401, 'basic-auth/invalid', null]],
  ['no colon', `Basic ${coded('ann')}`, [401, 'basic-auth/invalid', null]],
  ['a control character', `Basic ${coded('ann:pa\u0000')}`, [401, 'basic-auth/invalid', null]],
  ['a line break', `Basic ${coded('ann:pa\n')}`, [401, 'basic-auth/invalid', null]],
  ['Latin-1', `Basic ${coded(Buffer.from('ann:pa:ss w\u00f6rd', 'latin1'))}`, [401, 'basic-auth/invalid', null]],
  ['two fields', `Basic ${coded('ann:x')}, Basic ${coded('ann:y')}`, [401, 'basic-auth/invalid', null]],
  ['parameters', `Basic ${coded('ann:x')} realm="x"`, [401, 'basic-auth/invalid', null]],
  ['10 KiB', `Basic ${coded(`ann:${'x'.repeat(7500)}`)}`, [401, 'basic-auth/invalid', null]],
  [
    'the hash instead of its password',
    `Basic ${coded(`ann:${consumers[0]?.credentials[0]?.password}`)}`,
    [401, 'basic-auth/invalid', null],
  ],
];

for (const [what, authorization, expected] of rows) {
  test(`${what}: ${expected[0]} ${expected[1] ?? expected[2]}`, async (t) => {
    const tried = trying();
    const { status, headers, decision, consumer, upstream } = await tried.send(
      authorization === undefined ? {} : { headers: { Authorization: authorization } },
    );
    t.same([status, decision.answer.code, consumer?.name ?? null], expected);
    t.equal(headers['www-authenticate'], status === 401 ? CHALLENGE : undefined);
    t.equal(upstream === undefined, status === 401);
    t.notOk('authorization' in (upstream?.headers ?? {}));
  });
}

test('an unknown user is as much work as a wrong password, hashed or not: one hash, and the same answer', async (t) => {
  const tried = trying();
  const answers: string[] = [];
  for (const [turn, [name, password]] of [
    ['ann', 'x'],
    ['nobody', 'x'],
    ['cl\u00e9o', 'x'],
    ['bob', 'y'],
  ].entries()) {
    const { body, headers } = await tried.send({ headers: basic(name ?? '', password ?? '') });
    t.equal(tried.counts.get('hash'), turn + 1, `after ${name}`);
    const { requestId, ...rest }: Record<string, unknown> = JSON.parse(body);
    t.ok(requestId);
    answers.push(JSON.stringify([rest, headers]));
  }
  t.equal(new Set(answers).size, 1);
});

test('without any hash in the document nothing is hashed, whoever asks', async (t) => {
  const tried = trying({}, { consumers: consumers.slice(2) });
  for (const headers of [basic('cl\u00e9o', 'x'), basic('nobody', 'x'), basic('cl\u00e9o', 'secret of cleo')])
    await tried.send({ headers });
  t.equal(tried.counts.get('hash'), undefined);
});

test('what was right is right for 60 seconds without a hash; what was wrong is hashed again', async (t) => {
  const tried = trying();
  const right = { headers: basic('bob', '') };
  const at = async (seconds: number): Promise<number | undefined> => {
    t.equal((await tried.send({ ...right, now: NOON + seconds * 1000 })).status, 200);
    return tried.counts.get('hash');
  };
  t.same([await at(0), await at(1), await at(59.999), await at(60), await at(119), await at(-1)], [1, 1, 1, 2, 2, 3]);
  for (const turn of [4, 5]) {
    t.equal((await tried.send({ headers: basic('bob', 'x') })).status, 401);
    t.equal(tried.counts.get('hash'), turn);
  }
});

test('of five hashes at once the fifth is 503 with Retry-After, and no caller is told anything else', async (t) => {
  // Long enough that none ends before the last begins: they begin in one turn of the event loop.
  const slow = { N: 16_384, r: 8, p: 1 };
  const names = ['a', 'b', 'c', 'd', 'e'];
  const many = await Promise.all(
    names.map(async (name) => ({ name, credentials: [{ username: name, password: await hashOf('x', slow) }] })),
  );
  const tried = trying({}, { consumers: many });
  const answers = await Promise.all(names.map((name) => tried.send({ headers: basic(name, 'x') })));
  t.same(
    answers.map(({ status }) => status),
    [200, 200, 200, 200, 503],
  );
  const busy = answers[4];
  t.match(busy?.headers, { 'retry-after': '1' });
  t.notOk('www-authenticate' in (busy?.headers ?? {}));
  t.match(JSON.parse(busy?.body ?? ''), { code: 'basic-auth/busy', status: 503 });
  t.equal((await tried.send({ headers: basic('e', 'x') })).status, 200, 'there is room again');
  t.equal(tried.counts.get('hash'), 5);
});

test('a client that asks for twenty things at once needs one hash', async (t) => {
  const tried = trying();
  const answers = await Promise.all(Array.from({ length: 20 }, () => tried.send({ headers: basic('bob', '') })));
  t.same(new Set(answers.map(({ status }) => status)), new Set([200]));
  t.equal(tried.counts.get('hash'), 1);
});

test('the upstream learns who it is, and gets Authorization only where the config says so', async (t) => {
  const { upstream } = await trying().send({ headers: { ...basic('bob', ''), 'x-consumer-name': 'root' } });
  t.equal(upstream?.headers['x-consumer-name'], 'bob');
  t.notOk('authorization' in (upstream?.headers ?? {}));
  const shown = await trying({ hideCredentials: false }).send({ headers: basic('bob', '') });
  t.equal(shown.upstream?.headers['authorization'], basic('bob', '').authorization);
});

test('in shadow nobody is identified, nobody refused, and what it hashes makes nobody else busy', async (t) => {
  const tried = trying({}, { mode: 'shadow' });
  const right = await tried.send({ headers: basic('bob', '') });
  t.same([right.status, right.consumer], [200, null]);
  t.equal(right.upstream?.headers['authorization'], basic('bob', '').authorization);
  const wrong = await tried.send({ headers: basic('bob', 'x') });
  t.equal(wrong.status, 200);
  t.match(wrong.steps, [{ verdict: 'would refuse', code: 'basic-auth/invalid', status: 401 }]);
});

const good = consumers[1]?.credentials[0]?.password ?? '';
const withHash = (password: string): Setting => ({
  consumers: [{ name: 'x', credentials: [{ username: 'x', password }] }],
});
const withPlain = (username: string, password: string): Setting => ({
  consumers: [{ name: 'x', credentials: [{ username, password: '${env:SECRET}' }] }],
  variables: { SECRET: password },
});
const salted = `${'A'.repeat(22)}:${'A'.repeat(43)}`;

const mistakes: readonly (readonly [what: string, setting: Setting, codes: readonly string[]])[] = [
  ['a realm with a quote', { config: { realm: 'a"b' } }, ['basic-auth/realm']],
  ['a realm with a line break', { config: { realm: 'a\r\nx: 1' } }, ['basic-auth/realm']],
  ['nobody', { consumers: [] }, ['basic-auth/no-users']],
  [
    'a plain password',
    { consumers: [{ name: 'x', credentials: [{ username: 'x', password: 'pl41n' }] }] },
    ['secrets/plain'],
  ],
  ['a name with a colon', withPlain('a:b', 'x'), ['basic-auth/username']],
  ['a password with a line break', withPlain('a', 'x\ny'), ['basic-auth/password']],
  ['half a hash', withHash('scrypt:N=1024'), ['basic-auth/hash']],
  ['a hash in another notation', withHash('scrypt:$ln=14,r=8,p=1$c2FsdA$aGFzaA'), ['basic-auth/hash']],
  ['a short salt', withHash('scrypt:N=1024:r=8:p=1:AAAA:AAAA'), ['basic-auth/hash']],
  ['an N that is no power of two', withHash(`scrypt:N=1025:r=8:p=1:${salted}`), ['basic-auth/hash-cost']],
  ['an N that is nothing', withHash(`scrypt:N=512:r=8:p=1:${salted}`), ['basic-auth/hash-cost']],
  ['gigabytes', withHash(`scrypt:N=1048576:r=8:p=1:${salted}`), ['basic-auth/hash-cost']],
  ['seconds', withHash(`scrypt:N=65536:r=8:p=100:${salted}`), ['basic-auth/hash-cost']],
  ['numbers beyond all bounds', withHash(`scrypt:N=9999999999:r=9999:p=9999:${salted}`), ['basic-auth/hash-cost']],
  ['the costliest that may be', withHash(`scrypt:N=131072:r=8:p=1:${salted}`), []],
  [
    'hashes of different cost',
    {
      consumers: [
        { name: 'x', credentials: [{ username: 'x', password: good }] },
        { name: 'y', credentials: [{ username: 'y', password: `scrypt:N=2048:r=8:p=1:${salted}` }] },
      ],
    },
    ['basic-auth/costs-differ'],
  ],
  [
    'two consumers with one name',
    {
      consumers: [
        { name: 'x', credentials: [{ username: 'cl\u00e9o', password: good }] },
        { name: 'y', credentials: [{ username: 'cle\u0301o', password: good }] },
      ],
    },
    ['consumers/same-credential'],
  ],
];

for (const [what, setting, codes] of mistakes) {
  test(`${what}: ${codes.join(', ') || 'no issue'}`, async (t) => {
    const { issues } = tryPlugin(basicAuth, { consumers, variables, ...setting });
    t.same(
      issues.map(({ code }) => code),
      codes,
    );
    t.notMatch(JSON.stringify(issues), /pl41n|AAAA/);
  });
}

test('it guards, answers nothing, and owns up to Authorization', async (t) => {
  t.same([basicAuth.guards({}), basicAuth.answers?.({})], [true, false]);
  t.same(basicAuth.credentials?.({}), ['authorization']);
  t.same(
    [basicAuth.writes?.({}), basicAuth.writes?.({ hideCredentials: false })],
    [{ request: ['authorization'] }, {}],
  );
});

test('decisions show neither name nor password', async (t) => {
  const { decision } = await trying({ hideCredentials: false }).send({ headers: basic('ann', 'pa:ss w\u00f6rd') });
  t.equal(decision.answer.status, 200);
  t.notMatch(JSON.stringify(decision), coded('ann:pa:ss w\u00f6rd'));
});
