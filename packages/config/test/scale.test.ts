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

t.test('a document of 10,000 routes keeps every route and its own order of policies', (t) => {
  const [group] = accepted(documentOf(10_000)).groups;
  t.equal(group?.routes.length, 10_000);
  const lists = group?.routes.map(({ pipeline }) => group.pipelines[pipeline]?.map(({ policy }) => policy).join());
  t.same(new Set(lists), new Set(['a', 'a,b']));
  t.equal(lists?.filter((list) => list === 'a,b').length, 1_000);
  t.end();
});
