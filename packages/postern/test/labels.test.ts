import { test } from 'tap';
import { run } from './spawn.ts';

const DOCUMENT = `upstreams: [{ name: up, builtin: echo }]
policies:
  - { name: log, plugin: access-log }
  - { name: tag, plugin: headers, labels: { team: web, env: prod }, config: { response: { set: { x-tag: a } } } }
gateway: { policies: [log] }
apiGroups:
  - name: shop
    labels: { team: shop, tier: public }
    basePath: /shop
    upstream: up
    routes:
      - { name: items, path: /items, labels: { team: items } }
      - { name: carts, path: /carts }
      - { name: tagged, path: /tagged, policies: [tag] }
  - name: back
    basePath: /back
    upstream: up
`;

test('plan --label shows routes by their labels, their group and the policies that run there', async (t) => {
  const cwd = t.testdir({ 'gateway.yaml': DOCUMENT });
  const routes = async (...labels: readonly string[]): Promise<readonly string[]> => {
    const flags = labels.flatMap((label) => ['--label', label]);
    const { code, out } = await run(['plan', '--json', ...flags], { cwd });
    t.equal(code, 0);
    const planned: readonly { group: string; route: string }[] = JSON.parse(out);
    return planned.map(({ group, route }) => `${group}/${route}`);
  };
  t.same(await routes(), ['shop/items', 'shop/carts', 'shop/tagged', 'back/all']);
  t.same(await routes('team=shop'), ['shop/carts', 'shop/tagged'], "a route's own label covers its group's");
  t.same(await routes('team=web'), ['shop/tagged'], 'a policy has it');
  t.same(await routes('team=web', 'env=prod'), ['shop/tagged']);
  t.same(await routes('team=web', 'tier=public'), [], 'all must hold for one of them');
  t.same(await routes('tier'), ['shop/items', 'shop/carts', 'shop/tagged'], 'a name alone takes any value');
  t.same(await routes('team='), []);
});

test('plan --label shows each pipeline whole, and nothing of requests that no group takes', async (t) => {
  const cwd = t.testdir({ 'gateway.yaml': DOCUMENT });
  const { out } = await run(['plan', '--label', 'team=web'], { cwd });
  t.match(out, /^shop\/tagged [^]*\b1\. +log [^]*\b2\. +tag /);
  t.notMatch(out, 'no group');
});

test('a label without a name is wrong usage', async (t) => {
  const { code, err } = await run(['plan', '--label', '=web'], { cwd: t.testdir({ 'gateway.yaml': DOCUMENT }) });
  t.equal(code, 2);
  t.match(err, /team=web/);
});
