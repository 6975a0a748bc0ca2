import { test } from 'tap';
import type { CheckedDocument } from '@postern/model';
import { check } from '../src/index.ts';

const ROUTES = 2_000;

/** A text that is long enough to be checked in a thread; `changed` is the number of a route that differs. */
function textWith(changed?: number): string {
  const routes = Array.from({ length: ROUTES }, (_, at) => {
    const path = at === changed ? `/other/${at}` : `/items/${at}`;
    return `      - { name: route-${at}, path: ${path}, methods: [GET], labels: { number: "${at}" } }`;
  });
  return `upstreams: [{ name: up, builtin: echo }]
apiGroups:
  - name: first
    basePath: /first
    upstream: up
    routes:
${routes.join('\n')}
`;
}

async function checked(text: string, before?: CheckedDocument): Promise<CheckedDocument> {
  const source = { text, origin: 'gateway.yaml', revision: 1 };
  const result = await check(source, { plugins: [], variables: {}, unresolved: 'error', server: undefined }, before);
  if (result.kind !== 'accepted') throw new Error('refused');
  return result.value;
}

test('a document shares the routes that are as they were before, and no other', async (t) => {
  const first = await checked(textWith());
  const second = await checked(textWith(700), first);
  const [before, after] = [first.groups[0]?.routes ?? [], second.groups[0]?.routes ?? []];
  t.equal(after.length, ROUTES);
  t.same(
    after.flatMap((route, at) => (route === before[at] ? [] : [[at, route.path]])),
    [[700, '/other/700']],
  );
  t.equal(before[700]?.path, '/items/700');
  t.same(await checked(textWith(700)), second, 'as it would be alone');
});

test('a route that stands on another line is another route', async (t) => {
  const first = await checked(textWith());
  const second = await checked(`# a line above\n${textWith()}`, first);
  t.equal(second.groups[0]?.routes[5]?.place.line, (first.groups[0]?.routes[5]?.place.line ?? 0) + 1);
  t.notOk(second.groups[0]?.routes.some((route) => first.groups[0]?.routes.includes(route)));
});
