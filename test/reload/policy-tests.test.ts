import { definePlugin, Schema } from '@postern/kit';
import type { Exchange } from '@postern/kit';
import { test } from 'tap';
import { gatewayFor, SERVER } from '../kit/gateway.ts';
import { steadyLoad } from '../kit/steady-load.ts';
import { until } from '../kit/until.ts';

const documentOf = (version: string, tests: string): string => `${SERVER}gateway: { policies: [log] }
upstreams: [{ name: up, builtin: echo }]
policies:
  - { name: log, plugin: access-log }
  - name: version
    plugin: headers
    config: { response: { set: { x-version: ${version} } } }
${tests}
apiGroups: [{ name: all, upstream: up, policies: [version] }]
`;
const expecting = (version: string): string => `    tests:
      - request: { path: /any }
        expect:
          status: 200
          headers: { x-version: ${version} }`;

test('a reload whose test fails is refused at the line of what the test expects; nothing is lost meanwhile', async (t) => {
  const gateway = await gatewayFor(t, documentOf('one', expecting('one')));
  const url = `http://127.0.0.1:${gateway.port()}`;
  const load = steadyLoad(url, 500);
  for (let round = 0; round < 5; round += 1) {
    t.same(await gateway.apply(documentOf('two', expecting('one'))), ['tests/failed']);
    t.match(gateway.control().refusal?.issues, [
      { line: 17, column: 33, pointer: '/policies/1/tests/0/expect/headers/x-version', fix: /"two"/ },
    ]);
    const { headers } = await fetch(url);
    t.equal(headers.get('x-version'), 'one', 'the last good document serves');
  }
  t.same(await gateway.apply(documentOf('two', expecting('two'))), []);
  t.equal((await fetch(url)).headers.get('x-version'), 'two');
  const { sent, lost } = await load.stop();
  t.ok(sent > 10, `${sent} requests`);
  t.same(lost, []);
});

test('a first document whose test fails starts no gateway', async (t) => {
  await t.rejects(gatewayFor(t, documentOf('two', expecting('one'))), /expected "one", got "two"/);
});

test('tests leave no line in the log, no count and no state behind', async (t) => {
  const made: number[] = [];
  const counts = definePlugin({
    name: 'counts',
    summary: 'Counts',
    config: Schema.Object({}),
    compile: (_config, context) => {
      const kept = context.keep('seen', () => {
        made.push(0);
        return { index: made.length - 1 };
      });
      const count = context.counter('seen');
      return {
        request: () => {
          count();
          made[kept.index] = (made[kept.index] ?? 0) + 1;
        },
      };
    },
  });
  const policy = '  - { name: counts, plugin: counts, tests: [{ request: { path: / }, expect: { status: 200 } }] }';
  const text = documentOf('one', policy).replace('[version]', '[version, counts]');
  const gateway = await gatewayFor(t, text, [counts]);
  t.same(gateway.written, [], 'the access log has no line of a test');
  await fetch(`http://127.0.0.1:${gateway.port()}`);
  const metrics = await gateway.cell.metrics();
  t.match(metrics, /policy="counts"[^\n]* 1\n/);
  t.same(made, [1, 1], 'one state of what serves, one of the tests');
});

test('tests that take too long are refused, and requests are answered meanwhile', async (t) => {
  let closed = 0;
  const slow = definePlugin({
    name: 'slow',
    summary: 'Takes its time',
    config: Schema.Object({}),
    compile: () => ({
      close: () => void (closed += 1),
      request: (exchange: Exchange) =>
        exchange.request.path === '/slow'
          ? new Promise<void>((resolve) => void setTimeout(resolve, 60_000).unref())
          : undefined,
    }),
  });
  const policy = `  - name: slow
    plugin: slow
    timeout: 1m
    tests:
      - { request: { path: /fast }, expect: { status: 200 } }
      - { request: { path: /slow }, expect: { status: 200 } }`;
  const gateway = await gatewayFor(t, documentOf('one', ''), [slow]);
  const applied = gateway.apply(documentOf('two', policy).replace('[version]', '[version, slow]'));
  const url = `http://127.0.0.1:${gateway.port()}`;
  t.equal((await fetch(url)).headers.get('x-version'), 'one');
  t.same(await applied, ['tests/late']);
  t.match(gateway.control().refusal?.issues, [{ line: 18, message: /2000 ms, and 1 of 2 had run/ }]);
  await until(async () => closed >= 2, 'they stay open');
  t.equal(closed, 2, "the candidate's policy and the one of its tests are closed");
  t.equal((await fetch(url)).headers.get('x-version'), 'one');
});

test('many tests run in slices: requests are answered between them', async (t) => {
  const busy = definePlugin({
    name: 'busy',
    summary: 'Works',
    config: Schema.Object({}),
    compile: () => ({
      request: ({ request }) => {
        if (!request.path.startsWith('/busy')) return;
        const until = performance.now() + 3;
        while (performance.now() < until);
      },
    }),
  });
  const one = '      - { request: { path: /busy }, expect: { status: 200 } }\n';
  const policy = `  - name: busy\n    plugin: busy\n    tests:\n${one.repeat(60)}`;
  const gateway = await gatewayFor(t, documentOf('one', ''), [busy]);
  let ended = false;
  const applied = gateway
    .apply(documentOf('two', policy).replace('[version]', '[version, busy]'))
    .finally(() => (ended = true));
  let answered = 0;
  while (!ended) {
    const { headers } = await fetch(`http://127.0.0.1:${gateway.port()}`);
    if (headers.get('x-version') === 'one') answered += 1;
  }
  t.same(await applied, []);
  t.ok(answered > 3, `${answered} requests were answered by the document before`);
});
