import { definePlugin, refuse, Schema } from '@postern/kit';
import { test } from 'tap';
import { gatewayFor, SERVER } from '../kit/gateway.ts';

const guard = definePlugin({
  name: 'guard',
  summary: 'Guards',
  config: Schema.Object({}),
  guards: () => true,
  answers: () => false,
  compile: () => ({
    request: ({ request }) =>
      request.headers.has('x-key') ? undefined : refuse({ status: 401, code: 'guard/no-key', detail: 'Who are you?' }),
  }),
});

const LIVE = `upstreams: [{ name: up, builtin: echo }]
policies: [{ name: keys, plugin: guard }]
apiGroups: [{ name: shop, labels: { tier: public }, upstream: up, policies: [keys] }]
`;
const OPEN = LIVE.replace('policies: [keys]', 'policies: []');
const REQUIRE = 'require: [{ groups: { tier: public }, any: [guard] }]\n';

test('a reload that takes a required guard away is refused, and the guard goes on guarding', async (t) => {
  const gateway = await gatewayFor(t, `${SERVER}gateway:\n  ${REQUIRE}${LIVE}`, [guard]);
  t.same(await gateway.apply(`${SERVER}gateway:\n  ${REQUIRE}${OPEN}`), ['require/not-guarded']);
  const { status } = await fetch(`http://127.0.0.1:${gateway.port()}/`);
  t.equal(status, 401);
  t.match(gateway.control().refusal?.issues, [{ message: /keys|guard/, line: 10, pointer: '/apiGroups/0' }]);
});

test('what server.require says at the start holds, whatever a later document says', async (t) => {
  const gateway = await gatewayFor(t, `${SERVER}  ${REQUIRE}${LIVE}`, [guard]);
  t.same(await gateway.apply(`${SERVER}${OPEN}`), ['require/not-guarded'], 'without it');
  t.same(await gateway.apply(`${SERVER}  require: []\n${OPEN}`), ['require/not-guarded'], 'with an empty one');
  t.equal((await fetch(`http://127.0.0.1:${gateway.port()}/`)).status, 401);
  t.same(await gateway.apply(`${SERVER}${LIVE}`), [], 'a document that keeps to it is welcome');
});

test('a first document that breaks an invariant starts no gateway', async (t) => {
  await t.rejects(gatewayFor(t, `${SERVER}gateway:\n  ${REQUIRE}${OPEN}`, [guard]), /require\/not-guarded/);
});
