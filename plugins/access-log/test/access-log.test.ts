import accessLog from '@postern/plugin-access-log';
import { testContext, testExchange, tryPlugin } from '@postern/kit/testkit';
import type { DoneExchange, Handlers } from '@postern/kit';
import { test } from 'tap';

/** Lets one exchange end under the policy; returns what it wrote, as it reaches the log. */
function lines(config: object, exchange: DoneExchange): readonly unknown[] {
  const context = testContext('log');
  const compiled = accessLog.compile(config, context);
  if (Array.isArray(compiled)) throw new Error(JSON.stringify(compiled));
  (compiled as Handlers).done?.(exchange);
  return context.written.map((record) => JSON.parse(JSON.stringify(record)));
}

function exchangeWith(changes: Partial<DoneExchange>): DoneExchange {
  return Object.defineProperties(
    testExchange({
      host: 'shop.example.com',
      path: '/shop/items',
      query: 'token=secret',
      headers: { authorization: 'secret', cookie: 'secret' },
    }),
    Object.getOwnPropertyDescriptors(changes),
  );
}

test('writes one line with these fields and no other', async (t) => {
  const exchange = exchangeWith({
    now: 1_700_000_000_123,
    durationMs: 12.345678,
    bytesIn: 3,
    bytesOut: 45,
    upstream: 'shop',
    revision: 7,
  });
  exchange.identify({ name: 'partner', labels: {} });
  t.strictSame(lines({}, exchange), [
    {
      time: '2023-11-14T22:13:20.123Z',
      requestId: 'test-request',
      group: 'group',
      route: 'route',
      consumer: 'partner',
      method: 'GET',
      host: 'shop.example.com',
      path: '/shop/items',
      status: 200,
      durationMs: 12.346,
      upstream: 'shop',
      bytesIn: 3,
      bytesOut: 45,
      revision: 7,
    },
  ]);
});

test('writes one line for each exchange that the gateway ends, whoever answered', async (t) => {
  const tried = tryPlugin(accessLog, { path: '/known/{id}' });
  await tried.send({
    path: '/known/7?token=secret',
    headers: { cookie: 'secret' },
    upstream: { status: 201, body: 'x' },
  });
  await tried.send({ path: '/unknown' });
  t.match(tried.written, [
    { status: 201, path: '/known/7', group: 'group', route: 'route', upstream: 'upstream', method: 'GET' },
    { status: 404, path: '/unknown', group: 'group', code: /not-found|no-route/ },
  ]);
  t.notMatch(JSON.stringify(tried.written), 'secret');
});

test('says what policies in shadow would have done', async (t) => {
  const shadowed = [{ policy: 'new-cors', step: 'request', kind: 'refuse', status: 403, code: 'cors/no' }] as const;
  t.match(lines({}, exchangeWith({ shadowed })), [{ shadowed }]);
});

test('says of a refusal which policy made it, with which code, at which line', async (t) => {
  const refusal = { policy: 'web-cors', code: 'cors/origin-not-allowed', where: 'gateway.yaml:41' };
  t.match(lines({}, exchangeWith({ refusal })), [refusal]);
});

test('leaves out what there is not: route, consumer, upstream, the policy of a refusal by the gateway', async (t) => {
  const refusal = { policy: undefined, code: 'gateway/not-found', where: undefined };
  const [line] = lines({}, exchangeWith({ group: undefined, route: undefined, refusal }));
  t.strictSame(
    Object.keys(line as object).filter((key) =>
      ['group', 'route', 'consumer', 'upstream', 'policy', 'where'].includes(key),
    ),
    [],
  );
});

test('shows no header and no query of the request', async (t) => {
  t.notMatch(JSON.stringify(lines({}, exchangeWith({}))), /secret/);
});

test('writes a share of what went well, and all of what did not', async (t) => {
  const unlucky = { random: () => 0.9 };
  t.equal(lines({ sampleSuccess: 0.5 }, exchangeWith(unlucky)).length, 0);
  t.equal(lines({ sampleSuccess: 0.5 }, exchangeWith({ random: () => 0.1 })).length, 1);
  t.equal(lines({ sampleSuccess: 0 }, exchangeWith({ random: () => 0 })).length, 0);
  t.equal(lines({ sampleSuccess: 0 }, exchangeWith({ aborted: true })).length, 1);
  t.equal(
    lines({ sampleSuccess: 0 }, exchangeWith({ refusal: { policy: 'p', code: 'p/no', where: undefined } })).length,
    1,
  );
  const failed = Object.defineProperties(testExchange({}, { status: 502 }), Object.getOwnPropertyDescriptors(unlucky));
  t.equal(lines({ sampleSuccess: 0 }, failed).length, 1);
});

test('has no step before the last byte', async (t) => {
  t.strictSame(Object.keys(accessLog.compile({}, testContext())), ['done']);
});

test('shows the labels of group, route and refusing policy, and none where there are none', async (t) => {
  const refusal = { policy: 'p', code: 'p/no', where: undefined, labels: { team: 'web' } };
  const labelled = { groupLabels: { tier: 'public' }, routeLabels: {}, refusal };
  const [line] = lines({}, exchangeWith(labelled));
  t.match(line, { groupLabels: { tier: 'public' }, policyLabels: { team: 'web' } });
  t.notOk('routeLabels' in Object(line), 'an empty map says nothing');
});
