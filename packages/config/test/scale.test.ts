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

/** Milliseconds that the check of a document with so many routes takes, the best of a few. */
function timeOf(routes: number): number {
  const text = documentOf(routes);
  let best = Infinity;
  for (let run = 0; run < 4; run += 1) {
    const start = performance.now();
    accepted(text);
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

t.test('the check of a document grows with its routes, not with their square', (t) => {
  timeOf(500); // warm
  const [few, many] = [timeOf(2000), timeOf(10_000)];
  t.comment(`2,000 routes: ${Math.round(few)} ms, 10,000 routes: ${Math.round(many)} ms`);
  // Five times the routes: five times the work, and room for a busy machine. Their square would be twenty-five times.
  t.ok(many < few * 15, `${many} ms against ${few} ms`);
  t.end();
});
