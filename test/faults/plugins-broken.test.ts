/* oxlint-disable typescript/only-throw-error, unicorn/no-thenable -- what plugins do */
// G1, G2 and G5 of reliability.md: plugins that break, hang, answer twice or reach for what is not theirs, through a whole gateway.
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'tap';
import { fairly } from '../kit/fair.ts';
import { gatewayFor } from '../kit/gateway.ts';
import { documentOf, pluginOf } from '../kit/policies.ts';
import { request } from '../kit/raw-client.ts';
import { upstreamFor } from '../kit/upstream.ts';

/** What a request step may do wrong at once or later, by path. */
const BREAKS: Readonly<Record<string, () => unknown>> = {
  '/error': () => {
    throw new Error('secret');
  },
  '/null': () => {
    throw null;
  },
  '/undefined': () => {
    throw undefined;
  },
  '/text': () => {
    throw 'secret';
  },
  '/symbol': () => {
    throw Symbol('secret');
  },
  '/proxy': () => {
    throw new Proxy(
      {},
      {
        get: () => {
          throw new Error('secret');
        },
        getPrototypeOf: () => {
          throw new Error('secret');
        },
      },
    );
  },
  '/rejects': () => Promise.reject(new Error('secret')),
  '/rejects-null': () => Promise.reject(null),
  '/async': async () => {
    await wait(1);
    throw 'secret';
  },
  '/thenable': () => ({
    then: () => {
      throw new Error('secret');
    },
  }),
  '/number': () => 42,
  '/resolves-text': async () => 'secret',
};

test('G1 whatever a plugin throws, its request is 500 and reaches no upstream, and no other request notices', async (t) => {
  const upstream = await upstreamFor(t, (_request, response, { url }) => void response.end(url));
  const bad = pluginOf('bad', () => ({
    request: ({ request: { path } }) => BREAKS[path]?.() as undefined,
  }));
  const gateway = await gatewayFor(t, documentOf(upstream.url, ['name: bad, plugin: bad']), [bad]);
  const paths = Object.keys(BREAKS);
  const broken = paths.map(async (path) => {
    const { status, body } = await request(gateway.port(), `GET ${path}`);
    return { path, status, code: JSON.parse(body).code, tells: body.includes('secret') };
  });
  const fine = Array.from({ length: 300 }, async (_, at) => {
    const { status, body } = await request(gateway.port(), `GET /fine-${at}`);
    return status === 200 && body === `/fine-${at}`;
  });
  t.same(
    await Promise.all(broken),
    paths.map((path) => ({ path, status: 500, code: 'policy/threw', tells: false })),
  );
  t.ok((await Promise.all(fine)).every(Boolean), 'each of 300 others has its own answer');
  t.equal(upstream.seen.length, 300, 'nothing else came to the upstream');
  t.match(
    await gateway.cell.metrics(),
    `postern_policy_outcomes_total{policy="bad",plugin="bad",outcome="failed"} ${paths.length}`,
  );
});

test('G2 a plugin that never answers is 504 after its second, which is the default', async (t) => {
  const upstream = await upstreamFor(t);
  const silent = pluginOf('silent', () => ({ request: () => new Promise(() => undefined) }));
  const gateway = await gatewayFor(t, documentOf(upstream.url, ['name: silent, plugin: silent']), [silent]);
  let early = 0;
  const { held, took } = await fairly(1250, async () => {
    const begun = performance.now();
    const answer = await request(gateway.port(), 'GET /');
    const milliseconds = performance.now() - begun;
    t.match({ ...JSON.parse(answer.body), status: answer.status }, { status: 504, code: 'policy/timed-out' });
    if (milliseconds < 990) early += 1;
    return milliseconds;
  });
  t.ok(held, took);
  t.equal(early, 0);
  t.equal(upstream.seen.length, 0);
});

test('G5 what a plugin answers twice, late or after the end reaches nobody, and the log has the deadline', async (t) => {
  const upstream = await upstreamFor(t, (_request, response, { url }) => void response.end(url));
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const kept: { headers?: { set(name: string, value: string): void } }[] = [];
  const refusal = { kind: 'refuse', status: 418, code: 'test/late', detail: '', headers: [] };
  const twice = pluginOf('twice', () => ({
    request(exchange) {
      const { path } = exchange.request;
      if (path === '/twice')
        return {
          then: (fulfil: (said: unknown) => void) => [fulfil(undefined), fulfil(refusal)],
        } as unknown as undefined;
      if (path === '/late')
        return released.then(() => {
          exchange.outgoing.set('x-late', '1');
          return refusal as unknown as undefined;
        });
      return undefined;
    },
    response(exchange) {
      kept.push(exchange.response);
    },
  }));
  const gateway = await gatewayFor(t, documentOf(upstream.url, ['name: twice, plugin: twice, timeout: 100ms']), [
    twice,
  ]);
  const first = await request(gateway.port(), 'GET /twice');
  t.same([first.status, first.body], [200, '/twice'], 'the first of two answers counts');
  const late = await request(gateway.port(), 'GET /late');
  t.equal(late.status, 504);
  release();
  for (const response of kept) response.headers?.set('x-poison', '1');
  const next = await Promise.all(Array.from({ length: 20 }, (_, at) => request(gateway.port(), `GET /next-${at}`)));
  for (const response of kept) response.headers?.set('x-poison', '1');
  t.same(
    next.map((answer) => [answer.status, answer.body, answer.header('x-poison')]),
    next.map((_, at) => [200, `/next-${at}`, undefined]),
  );
  t.notOk(upstream.seen.some(({ headers, url }) => 'x-late' in headers || url === '/late'));
  t.match(
    gateway.said.find(({ level, record }) => level === 'error' && String(record['err']).includes('within 100 ms')),
    { level: 'error' },
  );
});
