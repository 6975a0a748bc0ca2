import { tryPlugin } from '@postern/kit/testkit';
import { test } from 'tap';
import ipRestriction from '../src/index.ts';

const trying = (config: object) => tryPlugin(ipRestriction, { config });

/** Config, address, and whether it may come in. */
const rows: readonly (readonly [config: object, from: string, comesIn: boolean])[] = [
  [{ allow: ['203.0.113.0/24'] }, '203.0.113.7', true],
  [{ allow: ['203.0.113.0/24'] }, '203.0.114.7', false],
  [{ allow: ['203.0.113.7'] }, '203.0.113.7', true],
  [{ allow: ['203.0.113.7'] }, '203.0.113.8', false],
  [{ allow: ['203.0.113.0/24'] }, '2001:db8::1', false],
  [{ allow: ['2001:db8::/32'] }, '2001:db8:ffff::1', true],
  [{ allow: ['2001:db8::/32'] }, '2001:db9::1', false],
  [{ allow: ['0.0.0.0/0'] }, '255.255.255.255', true],
  [{ allow: ['0.0.0.0/0'] }, '::1', false],
  [{ allow: ['::/0'] }, '192.0.2.1', false],
  [{ allow: ['::ffff:192.0.2.0/120'] }, '192.0.2.1', true],
  [{ allow: ['192.0.2.0/24'] }, '::ffff:192.0.2.1', true],
  [{ allow: ['192.0.2.0/24'] }, '::ffff:c000:201', true],
  [{ deny: ['192.0.2.0/24'] }, '::ffff:192.0.2.1', false],
  [{ deny: ['203.0.113.0/24'] }, '203.0.113.7', false],
  [{ deny: ['203.0.113.0/24'] }, '203.0.114.7', true],
  [{ allow: ['10.0.0.0/8'], deny: ['10.1.0.0/16'] }, '10.1.2.3', false],
  [{ allow: ['10.0.0.0/8'], deny: ['10.1.0.0/16'] }, '10.2.2.3', true],
  [{ allow: ['10.1.0.0/16'], deny: ['10.0.0.0/8'] }, '10.1.2.3', false],
  [{ allow: ['10.0.0.1/8'] }, '10.200.0.1', true],
  [{ deny: ['fe80::/10'] }, 'fe80::1%eth0', false],
  [{ deny: ['203.0.113.7'] }, 'no-address', false],
];

for (const [config, from, comesIn] of rows) {
  test(`${JSON.stringify(config)} ${comesIn ? 'lets in' : 'keeps out'} ${from}`, async (t) => {
    const { status, decision, upstream } = await trying(config).send({ from });
    t.same([status, decision.answer.code], comesIn ? [200, null] : [403, 'ip-restriction/denied']);
    t.equal(upstream !== undefined, comesIn);
  });
}

test('a refusal has the status that the config says', async (t) => {
  const { status, body } = await trying({ allow: ['10.0.0.0/8'], status: 404 }).send();
  t.equal(status, 404);
  t.match(JSON.parse(body), { code: 'ip-restriction/denied', detail: 'There is nothing here.' });
});

test('in shadow everybody comes in', async (t) => {
  const tried = tryPlugin(ipRestriction, { config: { allow: ['10.0.0.0/8'] }, mode: 'shadow' });
  const { status, steps } = await tried.send();
  t.equal(status, 200);
  t.match(steps, [{ verdict: 'would refuse', code: 'ip-restriction/denied', status: 403 }]);
});

const mistakes: readonly (readonly [config: object, issues: readonly (readonly [code: string, pointer: string])[]])[] =
  [
    [{}, [['ip-restriction/no-lists', '']]],
    [{ allow: [] }, [['document/value', '/allow']]],
    [{ deny: ['10.0.0.0/33'] }, [['ip-restriction/range', '/deny/0']]],
    [
      { allow: ['10.0', '010.0.0.1', '1.2.3.4/08', '1.2.3.4/8/8', '::g', 'fe80::1%eth0', 'example.com', '', '*'] },
      Array.from({ length: 9 }, (_, at) => ['ip-restriction/range', `/allow/${at}`] as const),
    ],
    [
      { allow: ['x'], deny: ['y', '::/129'] },
      [
        ['ip-restriction/range', '/allow/0'],
        ['ip-restriction/range', '/deny/0'],
        ['ip-restriction/range', '/deny/1'],
      ],
    ],
    [
      { allow: ['10.1.2.3/8', '2001:db8::1/32'] },
      [
        ['ip-restriction/host-bits', '/allow/0'],
        ['ip-restriction/host-bits', '/allow/1'],
      ],
    ],
    [
      { allow: ['10.0.0.0/8', '10.0.0.0/8', '192.0.2.1', '192.0.2.1/32'] },
      [
        ['ip-restriction/duplicate', '/allow/1'],
        ['ip-restriction/duplicate', '/allow/3'],
      ],
    ],
    [{ deny: ['::1'], status: 200 }, [['document/value', '/status']]],
  ];

for (const [config, expected] of mistakes) {
  test(`${JSON.stringify(config)} is said to be wrong where it is`, async (t) => {
    const { issues } = trying(config);
    t.same(
      issues.map(({ code, pointer }) => [code, pointer.replace(/^\/policies\/0\/config/, '')]),
      expected,
    );
  });
}

test('it guards where it can refuse', async (t) => {
  t.equal(ipRestriction.guards({ allow: ['10.0.0.0/8'] }), true);
  t.equal(ipRestriction.guards({ deny: ['10.0.0.0/8'] }), true);
  t.equal(ipRestriction.guards({ allow: ['0.0.0.0/0', '::/0'] }), false);
  t.equal(ipRestriction.guards({}), false);
  t.equal(ipRestriction.answers?.({}), false);
});
