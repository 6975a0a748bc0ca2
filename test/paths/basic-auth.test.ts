import { randomBytes } from 'node:crypto';
import { hashPassword } from '@postern/plugin-basic-auth';
import { test } from 'tap';
import { SERVER, gatewayFor } from '../kit/gateway.ts';
import { request } from '../kit/raw-client.ts';
import type { RawAnswer } from '../kit/raw-client.ts';
import { upstreamFor } from '../kit/upstream.ts';

/** Cheap, but long enough that several requests meet while one is made. */
const COST = { N: 16_384, r: 8, p: 1 };
const hashOf = (password: string): Promise<string> => hashPassword(password, randomBytes(16), COST);
const hashes = { ann: await hashOf('pa:ss w\u00f6rd'), bob: await hashOf('bob') };

const documentFor = (target: string, ann = hashes.ann): string => `${SERVER}
upstreams: [{ name: up, targets: ["${target}"] }]
policies:
  - { name: users, plugin: basic-auth, timeout: 30s, config: { realm: "The shop" } }
consumers:
  - { name: ann, labels: { tier: gold }, credentials: { basic-auth: [{ username: ann, password: "${ann}" }] } }
  - { name: bob, credentials: { basic-auth: [{ username: bob, password: "${hashes.bob}" }] } }
apiGroups:
  - { name: shop, basePath: /shop, upstream: up, policies: [users] }
`;

function ask(port: number, pair?: string | Uint8Array): Promise<RawAnswer> {
  const field = pair === undefined ? [] : [['Authorization', `Basic ${Buffer.from(pair).toString('base64')}`] as const];
  return request(port, 'GET /shop/x', [...field, ['X-Consumer-Name', 'root']]);
}

test('a user is known by a password whose hash is in the document, and the upstream sees the name alone', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url));
  for (const turn of [1, 2]) t.equal((await ask(gateway.port(), 'ann:pa:ss w\u00f6rd')).status, 200, `request ${turn}`);
  const [seen] = upstream.seen;
  t.match(seen?.headers, { 'x-consumer-name': 'ann', 'x-consumer-label-tier': 'gold' });
  t.notOk('authorization' in (seen?.headers ?? {}));
});

test('whatever is wrong with the credentials is 401 with the challenge, and nothing of it is 500', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url));
  const bodies = new Set<string>();
  for (const pair of [
    'ann:x',
    'nobody:x',
    'ann',
    '',
    ':',
    'ann:\u0000',
    Buffer.from([0xff, 0x3a]),
    `ann:${'x'.repeat(4000)}`,
  ]) {
    const answer = await ask(gateway.port(), pair);
    t.equal(answer.status, 401);
    t.equal(answer.header('www-authenticate'), 'Basic realm="The shop", charset="UTF-8"');
    bodies.add(answer.body.replace(/"requestId":"[^"]*"/, ''));
  }
  t.equal(bodies.size, 1, 'all of them are one answer');
  t.match(JSON.parse((await ask(gateway.port())).body), { code: 'basic-auth/missing', policy: 'users' });
  t.equal(upstream.seen.length, 0);
});

test('a changed password counts at once: what was remembered of the old one opens nothing', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url));
  t.equal((await ask(gateway.port(), 'ann:pa:ss w\u00f6rd')).status, 200);
  t.same(await gateway.apply(documentFor(upstream.url, await hashOf('new'))), []);
  t.equal((await ask(gateway.port(), 'ann:pa:ss w\u00f6rd')).status, 401);
  t.equal((await ask(gateway.port(), 'ann:new')).status, 200);
});

test('when many guess at once, some are told to come back, and who is known already is served', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentFor(upstream.url));
  // Each worker knows who asked it: with several, one question is not enough.
  for (let turn = 0; turn < 20; turn += 1) t.equal((await ask(gateway.port(), 'bob:bob')).status, 200);
  const guesses = Array.from({ length: 60 }, (_, turn) => ask(gateway.port(), `ann:guess ${turn}`));
  const known = await ask(gateway.port(), 'bob:bob');
  t.equal(known.status, 200);
  const answers = await Promise.all(guesses);
  t.same(
    [...new Set(answers.map(({ status }) => status))].toSorted((a, b) => a - b),
    [401, 503],
  );
  const busy = answers.find(({ status }) => status === 503);
  t.equal(busy?.header('retry-after'), '1');
  t.match(JSON.parse(busy?.body ?? ''), { code: 'basic-auth/busy' });
  t.equal((await ask(gateway.port(), 'ann:pa:ss w\u00f6rd')).status, 200);
});
