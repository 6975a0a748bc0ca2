// Rate limits and quotas through a real gateway: what clients and upstreams see, over reloads, groups, routes and answers of others.
import { test } from 'tap';
import { FROM_INSIDE, SERVER, gatewayFor } from '../kit/gateway.ts';
import { request } from '../kit/raw-client.ts';
import { upstreamFor } from '../kit/upstream.ts';

/** A window that no test sees the end of. */
const HOUR = 'window: 1h';

/** A document with these policies on two groups, `/one` with two routes and `/two`. */
function documentFor(target: string, policies: readonly string[]): string {
  const names = policies.map((policy) => /name: ([a-z-]+)/.exec(policy)?.[1]).join(', ');
  return `${SERVER}
upstreams: [{ name: up, targets: ["${target}"] }]
policies:
${policies.map((policy) => `  - { ${policy} }\n`).join('')}
apiGroups:
  - name: one
    basePath: /one
    upstream: up
    policies: [${names}]
    routes: [{ name: a, path: /a }, { name: b, path: /b }]
  - { name: two, basePath: /two, upstream: up, policies: [${names}] }
`;
}

const rate = (config: string): string =>
  `name: rate, plugin: rate-limit, config: { ${HOUR}, algorithm: sliding-window, ${config} }`;

test('what is over the limit is refused with all that a client needs, and never reaches the upstream', async (t) => {
  const upstream = await upstreamFor(t);
  const cors = 'name: cors, plugin: cors, config: { allowOrigins: ["https://app.test"], exposeHeaders: [ratelimit] }';
  const gateway = await gatewayFor(t, documentFor(upstream.url, [cors, rate('limit: 2')]));
  const origin = [['Origin', 'https://app.test']] as const;
  const ask = () => request(gateway.port(), 'GET /one/a', [...origin]);
  for (const left of [1, 0]) {
    const answer = await ask();
    t.same([answer.status, answer.body], [200, 'ok']);
    t.equal(answer.header('ratelimit-policy'), '"rate";q=2;w=3600');
    t.match(answer.header('ratelimit'), new RegExp(`^"rate";r=${left};t=(3600|35\\d\\d)$`));
  }
  const refused = await ask();
  t.equal(refused.status, 429);
  t.match(JSON.parse(refused.body), { status: 429, code: 'rate-limit/exceeded', policy: 'rate' });
  t.equal(refused.header('access-control-allow-origin'), 'https://app.test', 'readable to the browser');
  const [, seconds] = /^"rate";r=0;t=(\d+)$/.exec(refused.header('ratelimit') ?? '') ?? [];
  t.equal(refused.header('retry-after'), seconds, 'never before there is more');
  t.equal(upstream.seen.length, 2);
  if (FROM_INSIDE) t.match(await gateway.cell.metrics(), 'policy="rate",plugin="rate-limit",outcome="refused"} 1\n');
});

for (const [scope, statuses] of [
  ['gateway', [200, 429, 429, 429]],
  ['group', [200, 429, 429, 200]],
  ['route', [200, 429, 200, 200]],
] as const)
  test(`counters belong to the policy; scope ${scope} says how far they reach`, async (t) => {
    const upstream = await upstreamFor(t);
    const gateway = await gatewayFor(t, documentFor(upstream.url, [rate(`limit: 1, scope: ${scope}`)]));
    const got: number[] = [];
    for (const path of ['/one/a', '/one/a', '/one/b', '/two'])
      got.push((await request(gateway.port(), `GET ${path}`)).status);
    t.same(got, statuses);
  });

test('what was taken stays taken over a reload, a raised limit counts at once, and another window begins anew', async (t) => {
  const upstream = await upstreamFor(t);
  const of = (config: string): string => documentFor(upstream.url, [rate(config)]);
  const gateway = await gatewayFor(t, of('limit: 1'));
  const status = async (): Promise<number> => (await request(gateway.port(), 'GET /one/a')).status;
  t.same([await status(), await status()], [200, 429]);
  t.same(await gateway.apply(of('limit: 2, headers: false')), []);
  t.same([await status(), await status()], [200, 429]);
  t.same(await gateway.apply(of('limit: 2').replace('1h', '2h')), []);
  t.same([await status(), await status(), await status()], [200, 200, 429]);
});

test('two limits say both what is left, and the first that is spent refuses', async (t) => {
  const upstream = await upstreamFor(t);
  const day = 'name: day, plugin: quota, config: { limit: 5, window: 1d, store: memory, by: ip }';
  const gateway = await gatewayFor(t, documentFor(upstream.url, [rate('limit: 1'), day]));
  const first = await request(gateway.port(), 'GET /two');
  // Response steps run backwards.
  t.equal(first.header('ratelimit-policy'), '"day";q=5;w=86400, "rate";q=1;w=3600');
  t.match(first.header('ratelimit'), /^"day";r=4;t=\d+, "rate";r=0;t=\d+$/);
  const second = await request(gateway.port(), 'GET /two');
  t.equal(second.status, 429);
  t.match(second.header('ratelimit'), /^"rate";r=0;t=\d+$/, 'what was not asked says nothing');
});

test(
  'a decision that a limit made is replayed from what it was told',
  { skip: !FROM_INSIDE && 'the ring is theirs' },
  async (t) => {
    const upstream = await upstreamFor(t);
    const gateway = await gatewayFor(t, documentFor(upstream.url, [rate('limit: 1, by: { header: x-secret-key }')]));
    const key = [['X-Secret-Key', 'hush']] as const;
    await request(gateway.port(), 'GET /two', [...key]);
    const refused = await request(gateway.port(), 'GET /two', [...key]);
    const told = await gateway.cell.decision(JSON.parse(refused.body).requestId);
    t.match(told, {
      policies: [
        {
          policy: 'rate',
          steps: [{ step: 'request', verdict: 'refuse', code: 'rate-limit/exceeded' }, { step: 'response' }],
        },
      ],
      record: { asked: [{ policy: 'rate', key: 'take requests', value: { granted: false, remaining: 0 } }] },
    });
    t.notMatch(JSON.stringify(told?.record.asked), 'hush');
  },
);
