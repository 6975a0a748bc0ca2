import { checkDocument } from '@postern/config';
import type { CheckedDocument } from '@postern/model';
import { builtinPlugins } from 'postern';
import { test } from 'tap';
import { describePlan, planChanges } from '../src/bus/plan-changes.ts';
import { planConsumers, planGateway, planRoutes } from '../src/plan-routes.ts';
import { consumerText, policiesText, routeText } from '../src/plan-text.ts';
import { GOOD } from './documents.ts';
import { run } from './spawn.ts';

const FULL = `upstreams: [{ name: up, builtin: echo }]
policies:
  - { name: wide, plugin: cors, config: { allowOrigins: [https://a.example] } }
  - { name: narrow, plugin: cors, config: { allowOrigins: [https://b.example] } }
  - { name: ids, plugin: request-id, locked: true, labels: { team: web } }
  - { name: log, plugin: access-log, when: "group.labels.tier == 'public' && request.method != 'OPTIONS'" }
  - { name: tag, plugin: headers, mode: shadow, config: { response: { set: { x-tag: "1" } } } }
  - { name: old, plugin: headers, mode: off, config: { response: { set: { x-old: "1" } } } }
gateway: { policies: [wide, ids, log, { policy: tag, when: "group.name == 'shop'" }, old] }
apiGroups:
  - name: shop
    upstream: up
    labels: { tier: public }
    policies: [narrow, ids, inherit]
    routes:
      - { name: list, path: /items }
      - { name: plain, path: /plain, skip: [tag], policies: [{ policy: narrow, mode: off }] }
  - { name: inner, basePath: /inner, upstream: up }
`;

function checked(text: string): CheckedDocument {
  const plugins = new Map(builtinPlugins.map((plugin) => [plugin.name, plugin]));
  const environment = { variable: () => undefined, file: () => undefined };
  const result = checkDocument({ text, origin: 'g.yaml', revision: 1 }, { plugins, environment, unresolved: 'error' });
  if (result.kind === 'refused') throw new Error(JSON.stringify(result.issues));
  return result.value;
}

test('the plan says what runs, under which conditions, and what does not and why', async (t) => {
  const document = checked(FULL);
  t.equal(
    planRoutes(document).map(routeText).join('\n\n'),
    `shop/list  any method  any host  /items  -> up
  1.  narrow  cors        group    g.yaml:14  defined :4
  2.  ids     request-id  group    g.yaml:14  defined :5  locked, team=web
  3.  log     access-log  gateway  g.yaml:9   defined :6  when group.labels.tier == 'public' && request.method != 'OPTIONS'
  4.  tag     headers     gateway  g.yaml:9   defined :7  shadow, always, as group.name == 'shop'
  -   wide                gateway  g.yaml:9               displaced by narrow at g.yaml:14
  -   ids                 gateway  g.yaml:9               runs already, from ids at g.yaml:14
  -   old                 gateway  g.yaml:9               mode: off

shop/plain  any method  any host  /plain  -> up
  1.  ids     request-id  group    g.yaml:14  defined :5  locked, team=web
  2.  log     access-log  gateway  g.yaml:9   defined :6  when group.labels.tier == 'public' && request.method != 'OPTIONS'
  -   tag                 gateway  g.yaml:9               skipped at g.yaml:17
  -   narrow              group    g.yaml:14              switched off by narrow at g.yaml:17
  -   wide                gateway  g.yaml:9               switched off by narrow at g.yaml:17
  -   ids                 gateway  g.yaml:9               runs already, from ids at g.yaml:14
  -   old                 gateway  g.yaml:9               mode: off
  -   narrow              route    g.yaml:17              mode: off

inner/all  any method  any host  /inner/*  -> up
  1.  wide  cors        gateway  g.yaml:9  defined :3
  2.  ids   request-id  gateway  g.yaml:9  defined :5  locked, team=web
  -   log               gateway  g.yaml:9              never here, by the condition at g.yaml:6
  -   tag               gateway  g.yaml:9              never here, by the condition at g.yaml:9
  -   old               gateway  g.yaml:9              mode: off`,
  );
  t.match(policiesText(planGateway(document)), 'log');
  const [list] = planRoutes(document);
  t.strictSame(list?.policies[3], {
    order: 4,
    policy: 'tag',
    plugin: 'headers',
    level: 'gateway',
    where: 'g.yaml:9',
    defined: 'g.yaml:7',
    labels: {},
    mode: 'shadow',
    locked: false,
    when: [{ text: "group.name == 'shop'", always: true }],
  });
  t.strictSame(list?.absent[0], {
    policy: 'wide',
    level: 'gateway',
    where: 'g.yaml:9',
    reason: 'displaced',
    by: 'narrow at g.yaml:14',
  });
});

test('a changed condition or config is a change for the routes that it is on', async (t) => {
  const after = FULL.replace("!= 'OPTIONS'", "== 'GET'").replace('x-tag: "1"', 'x-tag: "2"');
  const changes = planChanges(checked(FULL), checked(after));
  t.equal(
    describePlan(changes),
    `so that other policies run on 2 routes
  shop/list: narrow, ids, log (when group.labels.tier == 'public' && request.method != 'OPTIONS'), tag (shadow) -> narrow, ids, log (when group.labels.tier == 'public' && request.method == 'GET'), tag (shadow)
  shop/plain: ids, log (when group.labels.tier == 'public' && request.method != 'OPTIONS') -> ids, log (when group.labels.tier == 'public' && request.method == 'GET')
so that policies do something else
  tag: on shop/list`,
  );
  t.same(planChanges(checked(FULL), checked(FULL)), []);
});

test('diff compares two files without a bus, and says for whom it changes', async (t) => {
  const next = GOOD.replace('yes-it-is', 'changed').replace('[tag, inherit]', '[inherit, tag]');
  const cwd = t.testdir({ 'gateway.yaml': GOOD, 'next.yaml': next, 'bad.yaml': `${GOOD}polices: []\n` });
  const environment = { NATS_URL: '' };
  t.strictSame(await run(['diff', 'gateway.yaml', 'next.yaml'], { cwd, environment }), {
    code: 0,
    out: `~ policies.tag.config.response.set.x-tag: "yes-it-is" -> "changed"
> apiGroups.shop.policies.inherit: from place 2 to 1
so that other policies run on 1 route
  shop/list: tag, log -> log, tag
so that policies do something else
  tag: on shop/list, shop/rest
`,
    err: 'gateway.yaml to next.yaml: 2 changes\n',
  });
  const { out } = await run(['diff', 'gateway.yaml', 'next.yaml', '--json'], { cwd, environment });
  t.match(JSON.parse(out), [
    { kind: 'changed' },
    { kind: 'moved' },
    { kind: 'plan', route: 'shop/list', before: ['tag', 'log'], after: ['log', 'tag'] },
    { kind: 'policy', policy: 'tag', routes: ['shop/list', 'shop/rest'] },
  ]);
  t.match(await run(['diff', 'gateway.yaml', 'bad.yaml'], { cwd, environment }), {
    code: 1,
    out: '',
    err: /^bad\.yaml:18:1: error: /,
  });
  t.match(await run(['diff', 'gateway.yaml', 'none.yaml'], { cwd, environment }), { code: 1, err: /none\.yaml/ });
  t.match(await run(['diff', 'gateway.yaml'], { cwd, environment }), { code: 2, err: /option '--nats <url>'/ });
});

test('the plan says what a consumer brings along', async (t) => {
  const document = checked(`upstreams: [{ name: up, builtin: echo }]
policies:
  - { name: tag, plugin: headers, config: { request: { set: { x-tag: "1" } } } }
  - { name: old, plugin: headers, mode: off, config: { request: { set: { x-old: "1" } } } }
consumers:
  - { name: ann, policies: [{ policy: tag, when: "group.name == 'shop'" }, old] }
  - { name: bob }
apiGroups: [{ name: shop, upstream: up }]
`);
  t.equal(
    planConsumers(document).map(consumerText).join('\n\n'),
    `consumer ann  behind the policy that identifies it, but for what has run by then
  1.  tag  headers  consumer  g.yaml:6  defined :3  when group.name == 'shop'
  -   old           consumer  g.yaml:6              mode: off`,
  );
});
