import { setTimeout as wait } from 'node:timers/promises';
import { definePlugin, refuse, Schema } from '@postern/kit';
import type { Decision, DecisionSummary, ToldDecision } from '@postern/model';
import { test } from 'tap';
import { ask } from '../../packages/admin/test/ask.ts';
import { gatewayFor } from '../kit/gateway.ts';
import type { TestGateway } from '../kit/gateway.ts';
import { heapInUse } from '../kit/heap.ts';
import { request } from '../kit/raw-client.ts';

const SERVER = (decisions = ''): string => `server:
  listen: [{ name: public, address: 127.0.0.1:0 }]
  admin: { address: 127.0.0.1:0 }
  drainTimeout: 2s
  ${decisions}
`;
const LIVE = `
upstreams: [{ name: up, builtin: echo }]
policies:
  - { name: web, plugin: cors, config: { allowOrigins: ['https://app.example.com'], enforcement: strict } }
apiGroups:
  - { name: shop, basePath: /shop, upstream: up, policies: [web] }
`;
const EVIL = [['Origin', 'https://evil.example']] as const;

/** Sends a request that is refused, and gives the id of its problem document. */
async function refused(gateway: TestGateway, headers: readonly (readonly [string, string])[] = EVIL): Promise<string> {
  const { status, body } = await request(gateway.port(), 'GET /shop/items?token=t0ken', headers);
  if (status !== 403) throw new Error(`answered ${status}`);
  const { requestId }: { requestId: string } = JSON.parse(body);
  while ((await gateway.cell.decision(requestId)) === undefined) await wait(2);
  return requestId;
}

async function api<Value>(gateway: TestGateway, path: string, status = 200): Promise<Value> {
  const answer = await ask(gateway.admin?.port ?? 0, path);
  if (answer.status !== status) throw new Error(`${path} answered ${answer.status} ${answer.text}`);
  return JSON.parse(answer.text);
}

test('a refusal is found by the id that its client was given, and explained', async (t) => {
  const gateway = await gatewayFor(t, SERVER() + LIVE);
  const id = await refused(gateway);
  const decision = await api<ToldDecision>(gateway, `/api/v1/decisions/${id}`);
  t.match(decision, {
    id,
    revision: 1,
    origin: String,
    request: { method: 'GET', path: '/shop/items', query: 'token=(hidden)' },
    route: { group: 'shop', route: 'all' },
    answer: { status: 403, policy: 'web', code: 'cors/origin-not-allowed' },
    documentGone: false,
  });
  t.match(decision.answer.where, /:9$/);
  t.match(decision.policies[0]?.steps[0], { verdict: 'refuse', code: 'cors/origin-not-allowed' });
  const [listed] = await api<readonly DecisionSummary[]>(gateway, '/api/v1/decisions');
  t.match(listed, { id, method: 'GET', path: '/shop/items', status: 403, policy: 'web', route: 'all' });
});

test('lists are newest first and take filters; mistakes are told', async (t) => {
  const gateway = await gatewayFor(t, SERVER('decisions: { sample: 1 }') + LIVE);
  const first = await refused(gateway);
  const second = await refused(gateway);
  await request(gateway.port(), 'GET /shop/items');
  await request(gateway.port(), 'GET /nowhere');
  while ((await gateway.cell.decisions({ limit: 10 })).length < 4) await wait(2);
  const list = async (query: string): Promise<readonly (string | number)[]> =>
    (await api<readonly DecisionSummary[]>(gateway, `/api/v1/decisions${query}`)).map(({ status }) => status);
  t.same(await list(''), [404, 200, 403, 403]);
  t.same(await list('?limit=2'), [404, 200]);
  t.same(await list('?status=403'), [403, 403]);
  t.same(await list('?policy=web&code=cors/origin-not-allowed'), [403, 403]);
  t.same(await list('?group=shop&route=all&status=200'), [200]);
  const [newest] = await api<readonly DecisionSummary[]>(gateway, '/api/v1/decisions?status=403');
  t.equal(newest?.id, second);
  t.not(first, second);
  for (const query of ['?sort=up', '?limit=0', '?limit=1001', '?status=abc'])
    t.match(await api(gateway, `/api/v1/decisions${query}`, 400), { code: 'admin/bad-query' }, query);
  for (const path of ['/nobody', '/%zz', '/a/b', '/'])
    t.match(await api(gateway, `/api/v1/decisions${path}`, 404), { status: 404 }, path);
});

const keyed = definePlugin({
  name: 'keyed',
  summary: 'Reads a key',
  config: Schema.Object({}),
  credentials: () => ['X-Api-Key'],
  compile: () => ({
    request: (exchange) =>
      exchange.request.headers.get('x-api-key') === 'k3y-right'
        ? undefined
        : refuse({ status: 403, code: 'keyed/wrong', detail: 'The key is wrong.' }),
  }),
});

test('credentials and secrets never appear, and what was decided by them is told all the same', async (t) => {
  process.env['POSTERN_TEST_VALUE'] = 'v4lue-from-environment';
  t.teardown(() => void delete process.env['POSTERN_TEST_VALUE']);
  const text = `${SERVER('decisions: { sample: 1 }')}
upstreams: [{ name: up, builtin: echo }]
policies:
  - { name: key, plugin: keyed }
  - { name: mark, plugin: headers, config: { request: { set: { x-inner: "\${env:POSTERN_TEST_VALUE}" } } } }
apiGroups: [{ name: shop, basePath: /shop, upstream: up, policies: [mark, key] }]
`;
  const gateway = await gatewayFor(t, text, [keyed]);
  const secrets = [
    ['Authorization', 'Bearer s3cret-bearer'],
    ['Proxy-Authorization', 'Basic s3cret-basic'],
    ['Cookie', 'session=s3cret-cookie'],
  ] as const;
  const id = await refused(gateway, [...secrets, ['X-Api-Key', 'k3y-wrong']]);
  const told = await api<ToldDecision>(gateway, `/api/v1/decisions/${id}`);
  t.notMatch(JSON.stringify(told), /s3cret|k3y-wrong|t0ken|v4lue/);
  t.match(told.policies.at(-1)?.steps[0], { verdict: 'refuse', code: 'keyed/wrong' });
  t.match(told.answer, { status: 403, policy: 'key' });
  await request(gateway.port(), 'GET /shop/x', [...secrets, ['X-Api-Key', 'k3y-right']]);
  while ((await gateway.cell.decisions({ limit: 10 })).length < 2) await wait(2);
  const [passed] = await gateway.cell.decisions({ limit: 1 });
  const decision = await api<ToldDecision>(gateway, `/api/v1/decisions/${passed?.id}`);
  t.match(decision.answer, { status: 200, madeBy: 'upstream' });
  t.match(new Map(decision.upstream?.headers).get('x-inner'), '(hidden)');
  t.notMatch(JSON.stringify(decision), /s3cret|k3y-right|v4lue/);
});

test('a decision outlives its document for four documents, and says when it is gone', async (t) => {
  const gateway = await gatewayFor(t, SERVER() + LIVE);
  const id = await refused(gateway);
  for (const turn of [1, 2, 3, 4]) {
    t.equal((await api<ToldDecision>(gateway, `/api/v1/decisions/${id}`)).documentGone, false, `after ${turn - 1}`);
    await gateway.apply(`${SERVER()}${LIVE}# ${turn}\n`);
  }
  const told = await api<ToldDecision>(gateway, `/api/v1/decisions/${id}`);
  t.match(told, { id, documentGone: true, revision: 1, answer: { status: 403, policy: 'web' } });
  t.same(told.policies, []);
  t.match(told.route, { group: 'shop', route: 'all', line: null });
});

test('keep: 0 keeps nothing, sample: 0 keeps refusals only, and the newest push out the oldest', async (t) => {
  const off = await gatewayFor(t, SERVER('decisions: { keep: 0, sample: 1 }') + LIVE);
  await request(off.port(), 'GET /shop/items', EVIL);
  await request(off.port(), 'GET /shop/items');
  t.same(await off.cell.decisions({ limit: 10 }), []);
  const few = await gatewayFor(t, SERVER('decisions: { keep: 3, sample: 0 }') + LIVE);
  const ids: string[] = [];
  for (let at = 0; at < 5; at += 1) {
    await request(few.port(), 'GET /shop/items');
    ids.push(await refused(few));
  }
  const kept = (await few.cell.decisions({ limit: 10 })).map(({ id }) => id);
  t.same(kept, ids.slice(2).toReversed());
});

test('10,000 refusals leave the memory where it was', async (t) => {
  const gateway = await gatewayFor(t, SERVER('decisions: { keep: 500 }') + LIVE);
  const used = [await afterRefusals(gateway), await afterRefusals(gateway)];
  // What the engine compiles meanwhile is on the heap as well, once: what grows is there after each five thousand.
  const grows = (): boolean => used.every((one, at) => at === 0 || one - (used[at - 1] ?? 0) >= 3 * 1024 * 1024);
  while (grows() && used.length < 5) used.push(await afterRefusals(gateway));
  t.comment(`heap after each 5,000 refusals: ${used.map(mebibytes).join(', ')} MiB`);
  t.notOk(grows(), 'a record has about 1 KiB: 5,000 of them would show');
  t.equal((await gateway.cell.decisions({ limit: 1000 })).length, 500);
});

async function afterRefusals(gateway: TestGateway): Promise<number> {
  const headers = { origin: 'https://evil.example', 'x-long': 'x'.repeat(1000) };
  for (let at = 0; at < 250; at += 1) {
    const url = `http://127.0.0.1:${gateway.port()}/shop/items`;
    await Promise.all(Array.from({ length: 20 }, async () => void (await (await fetch(url, { headers })).text())));
  }
  gateway.said.length = 0;
  return heapInUse();
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}

test('the shape of a decision has every member, absent facts being null', async (t) => {
  const gateway = await gatewayFor(t, SERVER() + LIVE);
  await request(gateway.port(), 'GET /nowhere');
  while ((await gateway.cell.decisions({ limit: 1 })).length === 0) await wait(2);
  const [{ id } = { id: '' }] = await gateway.cell.decisions({ limit: 1 });
  const decision = await api<Decision>(gateway, `/api/v1/decisions/${id}`);
  const members = [
    'answer',
    'at',
    'consumer',
    'digest',
    'documentGone',
    'id',
    'origin',
    'others',
    'policies',
    'record',
  ];
  t.same(Object.keys(decision).toSorted(), [...members, 'request', 'revision', 'route', 'upstream']);
  t.equal(decision.route, null);
  t.equal(decision.upstream, null);
  t.equal(decision.answer.policy, null);
});
