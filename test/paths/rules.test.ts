import { setTimeout as wait } from 'node:timers/promises';
import { Schema, definePlugin, refuse } from '@postern/kit';
import { test } from 'tap';
import { SERVER, gatewayFor } from '../kit/gateway.ts';
import { request } from '../kit/raw-client.ts';
import { upstreamFor } from '../kit/upstream.ts';

const config = Schema.Object({}, { additionalProperties: false });

test('cors answers a preflight before a guard in front of it, nothing goes upstream, and done steps run', async (t) => {
  const upstream = await upstreamFor(t);
  const ran: string[] = [];
  const guard = definePlugin({
    name: 'guard',
    summary: 'A plugin of a test',
    config,
    compile: () => ({
      request: () => refuse({ status: 401, code: 'guard/no', detail: 'No.' }),
      done: () => void ran.push('done'),
    }),
  });
  const gateway = await gatewayFor(
    t,
    `${SERVER}
upstreams: [{ name: up, targets: ["${upstream.url}"] }]
policies:
  - { name: keys, plugin: guard }
  - { name: web, plugin: cors, config: { allowOrigins: [https://a.example] } }
apiGroups: [{ name: api, upstream: up, policies: [keys, web] }]
`,
    [guard],
  );
  const preflight = [
    ['Origin', 'https://a.example'],
    ['Access-Control-Request-Method', 'PUT'],
  ] as const;
  const answer = await request(gateway.port(), 'OPTIONS /', preflight);
  t.equal(answer.status, 204);
  t.equal(answer.header('access-control-allow-origin'), 'https://a.example');
  while (ran.length === 0) await wait(2);
  t.equal((await request(gateway.port(), 'PUT /', preflight.slice(0, 1))).status, 401);
  t.equal(upstream.seen.length, 0);
});

test('a redirect of the upstream is passed on and not followed', async (t) => {
  const upstream = await upstreamFor(t, (_request, response) => {
    response.writeHead(302, { location: '/elsewhere' });
    response.end();
  });
  const gateway = await gatewayFor(
    t,
    `${SERVER}
upstreams: [{ name: up, targets: ["${upstream.url}"] }]
apiGroups: [{ name: api, upstream: up }]
`,
  );
  const answer = await request(gateway.port(), 'GET /');
  t.equal(answer.status, 302);
  t.equal(answer.header('location'), '/elsewhere');
  t.equal(upstream.seen.length, 1);
});

test('what a policy counts is one count, wherever it is attached', async (t) => {
  const counter = definePlugin({
    name: 'counter',
    summary: 'A plugin of a test',
    config,
    compile(_config, context) {
      const state = context.keep('count', () => ({ count: 0 }));
      return {
        request(exchange) {
          state.count += 1;
          exchange.outgoing.set('x-count', String(state.count));
        },
      };
    },
  });
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(
    t,
    `${SERVER}
upstreams: [{ name: up, targets: ["${upstream.url}"] }]
policies: [{ name: count, plugin: counter }]
apiGroups:
  - { name: one, basePath: /one, upstream: up, policies: [count] }
  - { name: two, basePath: /two, upstream: up, routes: [{ name: a, path: /a, policies: [count] }] }
`,
    [counter],
  );
  for (const path of ['/one', '/two/a', '/one/b']) await request(gateway.port(), `GET ${path}`);
  t.same(
    upstream.seen.map(({ headers }) => headers['x-count']),
    ['1', '2', '3'],
  );
});
