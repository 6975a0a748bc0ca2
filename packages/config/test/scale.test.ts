import t from 'tap';
import { accepted } from './fixtures.ts';

function documentOf(routes: number): string {
  let text = `upstreams: [{ name: shop, builtin: echo }]
policies: [{ name: a, plugin: ids }, { name: b, plugin: ids }]
gateway: { policies: [a] }
apiGroups:
  - name: storefront
    upstream: shop
    routes:
`;
  for (let at = 0; at < routes; at += 1) {
    const own = at % 10 === 0 ? ', policies: [inherit, b]' : '';
    text += `      - { name: r${at}, path: "/items/${at}/{id}", methods: [GET, PUT], labels: { team: web }${own} }\n`;
  }
  return text;
}

t.test('10,000 routes share the pipelines of those that have the same list', (t) => {
  const [group] = accepted(documentOf(10_000)).groups;
  t.equal(group?.routes.length, 10_000);
  t.same(
    group?.pipelines.map((list) => list.map(({ policy }) => policy)),
    [['a'], ['a', 'b']],
  );
  t.same(new Set(group?.routes.map(({ pipeline }) => pipeline)), new Set([0, 1]));
  t.end();
});
