import { setTimeout as wait } from 'node:timers/promises';
import { Schema, definePlugin, refuse } from '@postern/kit';
import type { Handlers, Plugin } from '@postern/kit';
import { test } from 'tap';
import { SERVER, gatewayFor } from '../kit/gateway.ts';
import { request } from '../kit/raw-client.ts';
import { upstreamFor } from '../kit/upstream.ts';

/** Notes every step of its policies in `ran`, by the policy's tag. */
function noting(ran: string[], more: (tag: string) => Handlers = () => ({})): Plugin {
  return definePlugin({
    name: 'noting',
    summary: 'A plugin of a test',
    config: Schema.Object({ tag: Schema.String() }, { additionalProperties: false }),
    compile: ({ tag }) => ({
      request: () => void ran.push(`${tag} request`),
      response: () => void ran.push(`${tag} response`),
      done: () => void ran.push(`${tag} done`),
      ...more(tag),
    }),
  });
}

const document = (target: string, policies: string, group: string): string => `${SERVER}
upstreams: [{ name: up, targets: ["${target}"] }]
policies:
${policies}
apiGroups:
  - { name: api, upstream: up, labels: { tier: public }, ${group} }
`;

async function settled(ran: readonly string[], wanted: number): Promise<void> {
  while (ran.length < wanted) await wait(2);
}

test('a policy runs where its condition holds, with all its steps, and not at all elsewhere', async (t) => {
  const upstream = await upstreamFor(t);
  const ran: string[] = [];
  const text = document(
    upstream.url,
    `  - { name: a, plugin: noting, config: { tag: a }, when: "request.method == 'POST'" }
  - { name: b, plugin: noting, config: { tag: b } }`,
    `policies: [{ policy: a, when: "request.headers['x-try'] == ''" }, b]`,
  );
  const gateway = await gatewayFor(t, text, [noting(ran)]);
  await request(gateway.port(), 'GET /');
  await settled(ran, 3);
  t.same(ran.splice(0), ['b request', 'b response', 'b done']);
  await request(gateway.port(), 'POST /');
  await settled(ran, 6);
  t.same(ran.splice(0), ['a request', 'b request', 'b response', 'a response', 'a done', 'b done']);
  await request(gateway.port(), 'POST /', Object.entries({ 'x-try': '1' }));
  await settled(ran, 3);
  t.same(ran.splice(0), ['b request', 'b response', 'b done']);
});

test('conditions hold for answers that the gateway makes before any request step', async (t) => {
  const ran: string[] = [];
  const text = `${SERVER}
upstreams: [{ name: up, builtin: echo }]
policies:
  - { name: a, plugin: noting, config: { tag: a }, when: "request.path.startsWith('/x') && group.name == ''" }
  - { name: b, plugin: noting, config: { tag: b }, when: "group.name != ''" }
gateway: { policies: [a, b] }
apiGroups: [{ name: api, upstream: up, basePath: /api }]
`;
  const gateway = await gatewayFor(t, text, [noting(ran)]);
  t.match(await request(gateway.port(), 'GET /other'), { status: 404 });
  t.match(await request(gateway.port(), 'GET /x'), { status: 404 });
  await settled(ran, 3);
  t.same(ran.splice(0).toSorted(), ['a done', 'a request', 'a response']);
  t.match(await request(gateway.port(), 'GET /api'), { status: 200 });
  await settled(ran, 3);
  t.same(ran.splice(0).toSorted(), ['b done', 'b request', 'b response']);
});

test('a condition without an answer is an error of its policy, once, in its place', async (t) => {
  const upstream = await upstreamFor(t);
  const ran: string[] = [];
  const policy = (name: string, onError: string): string =>
    `  - { name: ${name}, plugin: noting, config: { tag: ${name} }, onError: ${onError}, when: "int(request.query.n) > 1" }`;
  const text = document(
    upstream.url,
    `${policy('strict', 'refuse')}\n${policy('lax', 'skip')}`,
    `routes: [
    { name: strict, path: /strict, policies: [strict] }, { name: lax, path: /lax, policies: [lax] } ]`,
  );
  const gateway = await gatewayFor(t, text, [noting(ran)]);
  const refused = await request(gateway.port(), 'GET /strict');
  t.match(refused, { status: 500, body: /"code":"policy\/threw","policy":"strict"/ });
  t.match(await request(gateway.port(), 'GET /strict?n=1'), { status: 200 });
  t.match(await request(gateway.port(), 'GET /lax?n=none'), { status: 200 });
  t.equal(upstream.seen.length, 2);
  t.same(ran, [], 'and the policy did not run');
  t.match(await request(gateway.port(), 'GET /lax?n=2'), { status: 200 });
  await settled(ran, 3);
});

test('a body is read only for policies whose condition holds', async (t) => {
  const upstream = await upstreamFor(t, (_request, response, { body }) => response.end(body));
  const ran: string[] = [];
  const reader = definePlugin({
    name: 'reader',
    summary: 'A plugin of a test',
    config: Schema.Object({}, { additionalProperties: false }),
    compile: () => ({
      requestBody: { limit: 4, run: (_exchange, body) => void ran.push(`request ${body.text()}`) },
      responseBody: { limit: 4, run: (_exchange, body) => void ran.push(`response ${body.text()}`) },
    }),
  });
  const text = document(
    upstream.url,
    `  - { name: a, plugin: reader, when: "request.headers['x-read'] == 'yes' && int(request.headers['x-n']) == 1" }`,
    'policies: [a]',
  );
  const gateway = await gatewayFor(t, text, [reader]);
  const post = (body: string, headers: Record<string, string>): ReturnType<typeof request> =>
    request(gateway.port(), 'POST /', Object.entries(headers), body);
  t.match(await post('longer than four', {}), { status: 200, body: 'longer than four' });
  t.match(await post('longer than four', { 'x-read': 'yes', 'x-n': '1' }), { status: 413 });
  t.match(await post('four', { 'x-read': 'yes', 'x-n': '1' }), { status: 200, body: 'four' });
  t.same(ran, ['request four', 'response four']);
  t.match(await post('four', { 'x-read': 'yes', 'x-n': 'x' }), { status: 500, body: /policy\/threw/ });
});

test('a response stream is tapped only where the condition holds, and fails before the head is out', async (t) => {
  const upstream = await upstreamFor(t, (_request, response) => response.end('hello'));
  const ran: string[] = [];
  const tap = definePlugin({
    name: 'tap',
    summary: 'A plugin of a test',
    config: Schema.Object({}, { additionalProperties: false }),
    compile: () => ({
      responseStream: () => ({
        kind: 'tap' as const,
        chunk: () => void ran.push('chunk'),
        end: () => void ran.push('end'),
      }),
    }),
  });
  const text = document(
    upstream.url,
    `  - { name: a, plugin: tap, when: "int(request.query.n) == 1" }`,
    'policies: [a]',
  );
  const gateway = await gatewayFor(t, text, [tap]);
  t.match(await request(gateway.port(), 'GET /?n=0'), { status: 200, body: 'hello' });
  t.same(ran, []);
  t.match(await request(gateway.port(), 'GET /?n=1'), { status: 200, body: 'hello' });
  t.same(ran, ['chunk', 'end']);
  t.match(await request(gateway.port(), 'GET /?n=x'), { status: 500, body: /policy\/threw/ });
});

test('a condition sees the consumer that a policy before it has found, once asked it keeps its answer', async (t) => {
  const upstream = await upstreamFor(t);
  const ran: string[] = [];
  const plugin = definePlugin({
    name: 'caller',
    summary: 'A plugin of a test',
    config: Schema.Object({}, { additionalProperties: false }),
    compile: () => ({
      request(exchange) {
        const name = exchange.request.headers.get('x-key');
        if (name !== undefined) exchange.identify({ name, labels: { tier: name === 'ann' ? 'gold' : 'free' } });
      },
    }),
  });
  const text = document(
    upstream.url,
    `  - { name: who, plugin: caller }
  - { name: early, plugin: noting, config: { tag: early }, when: "consumer.name != ''" }
  - { name: gold, plugin: noting, config: { tag: gold }, when: "consumer.labels.tier == 'gold'" }`,
    'policies: [early, who, gold]',
  );
  const gateway = await gatewayFor(t, text, [plugin, noting(ran)]);
  await request(gateway.port(), 'GET /', Object.entries({ 'x-key': 'bob' }));
  await request(gateway.port(), 'GET /');
  await request(gateway.port(), 'GET /', Object.entries({ 'x-key': 'ann' }));
  await settled(ran, 3);
  t.same(ran, ['gold request', 'gold response', 'gold done']);
});

test('an owner of headers whose condition does not hold is as if it were not attached', async (t) => {
  const upstream = await upstreamFor(t);
  const owner = definePlugin({
    name: 'owner',
    summary: 'A plugin of a test',
    owns: ['x-owned'],
    config: Schema.Object({}, { additionalProperties: false }),
    compile: () => ({ response: ({ response }) => response.headers.set('x-owned', 'by its owner') }),
  });
  const text = document(
    upstream.url,
    `  - { name: own, plugin: owner, when: "request.method == 'POST'" }
  - { name: other, plugin: headers, config: { response: { set: { x-owned: by another } } } }`,
    'policies: [own, other]',
  );
  const gateway = await gatewayFor(t, text, [owner]);
  const owned = async (method: string): Promise<unknown> =>
    (await request(gateway.port(), `${method} /`)).header('x-owned');
  t.equal(await owned('GET'), 'by another');
  t.equal(await owned('POST'), 'by its owner');
});

test('labels fold a condition away: the policy is gone from one route and unconditional on another', async (t) => {
  const guard = definePlugin({
    name: 'guard',
    summary: 'A plugin of a test',
    config: Schema.Object({}, { additionalProperties: false }),
    compile: () => ({ request: () => refuse({ status: 403, code: 'guard/no', detail: 'No.' }) }),
  });
  const text = document(
    'http://127.0.0.1:9',
    `  - { name: a, plugin: guard, when: "route.labels.guarded == 'yes' && group.labels.tier == 'public'" }`,
    `policies: [a], routes: [{ name: open, path: /open }, { name: shut, path: /shut, labels: { guarded: 'yes' } }]`,
  );
  const gateway = await gatewayFor(t, text, [guard]);
  t.match(await request(gateway.port(), 'GET /open'), { status: 502 });
  t.match(await request(gateway.port(), 'GET /shut'), { status: 403 });
  t.match(await request(gateway.port(), 'GET /none'), { status: 404 });
});

test('a plugin that answers preflights has to say so', async (t) => {
  const liar = definePlugin({
    name: 'liar',
    summary: 'A plugin of a test',
    config: Schema.Object({}, { additionalProperties: false }),
    compile: () => ({ preflight: () => undefined }),
  });
  const text = (when: string): string =>
    document('http://127.0.0.1:9', `  - { name: a, plugin: ${when} }`, 'policies: [a]');
  const gateway = await gatewayFor(t, text('headers'), [liar]);
  t.same(await gateway.apply(text('liar')), ['plugin/undeclared-preflight']);
  t.same(await gateway.apply(text(`cors, when: "request.method == 'GET'"`)), ['conditions/on-preflight']);
});
