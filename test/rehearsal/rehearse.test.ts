import { METHODS } from 'node:http';
import { gate, rehearse } from '@postern/engine';
import { definePlugin, Schema } from '@postern/kit';
import type { Exchange } from '@postern/kit';
import { builtinPlugins } from 'postern';
import { test } from 'tap';
import { inputsFor, stageText } from './stage-text.ts';

const DOCUMENT = `
gateway: { policies: [id, log] }
upstreams: [{ name: shop, targets: ['http://127.0.0.1:9000/base'] }]
policies:
  - { name: id, plugin: request-id }
  - { name: log, plugin: access-log }
  - { name: web, plugin: cors, config: { allowOrigins: ['https://app.example.com'], enforcement: strict } }
  - { name: mark, plugin: headers, config: { request: { set: { x-a: b, authorization: s3cret } } } }
apiGroups:
  - name: store
    hosts: [shop.test]
    basePath: /shop
    stripBasePath: true
    upstream: shop
    policies: [web, mark]
    routes:
      - { name: one, path: '/items/{id}', methods: [GET], headers: { x-beta: '1' } }
      - { name: any, path: '/items/*' }
      - { name: put, path: '/items/*', methods: [PUT] }
`;
const staged = stageText(DOCUMENT, builtinPlugins);

test('a refusal names its policy, line and code, what was read, and every edit', async (t) => {
  const url = 'http://shop.test/shop/items/7?a=1';
  const { decision, answer } = await rehearse(inputsFor(staged, `GET ${url}`, { origin: 'https://evil.example' }));
  t.match(decision.answer, { status: 403, madeBy: 'policy', policy: 'web', code: 'cors/origin-not-allowed' });
  t.equal(decision.answer.where, 'gateway.yaml:7');
  const [id, log, web, mark] = decision.policies;
  t.match(web, { level: 'group', file: 'gateway.yaml', line: 7, at: { file: 'gateway.yaml', line: 15 } });
  t.match(web?.steps[0], { step: 'request', verdict: 'refuse', status: 403, detail: String });
  t.ok(web?.steps[0]?.reads.includes('request.headers.origin'));
  t.same(
    id?.steps.map(({ step }) => step),
    ['request', 'response'],
  );
  t.same(
    log?.steps.map(({ step }) => step),
    ['done'],
  );
  t.same(mark?.steps, [], 'never reached');
  t.equal(decision.upstream, null);
  t.match(JSON.parse(String(answer.body)), { code: 'cors/origin-not-allowed', requestId: decision.id });
});

test('a request that goes upstream shows what the upstream gets, credentials hidden', async (t) => {
  const headers = { cookie: 'session=1', 'x-seen': '2' };
  const { decision, outgoing } = await rehearse(inputsFor(staged, 'GET http://shop.test/shop/items/7?a=1', headers));
  t.equal(decision.upstream?.path, '/base/items/7?a=1');
  const sent = new Map(decision.upstream?.headers);
  t.match([...sent], [['cookie', '(hidden)']]);
  t.equal(sent.get('authorization'), '(hidden)');
  t.equal(sent.get('host'), '127.0.0.1:9000');
  t.equal(outgoing?.get('authorization'), 's3cret', 'as it is, for tests');
  t.notMatch(JSON.stringify(decision), /s3cret|session=1/);
});

test('a preflight is answered by cors alone, and logged', async (t) => {
  const headers = { origin: 'https://app.example.com', 'access-control-request-method': 'PUT' };
  const { decision } = await rehearse(inputsFor(staged, 'OPTIONS http://shop.test/shop/items/7', headers));
  const ran = decision.policies.map(({ policy, steps }) => `${policy}: ${steps.map(({ step }) => step).join()}`);
  t.same(ran, ['id: ', 'log: done', 'web: preflight', 'mark: ']);
  t.equal(decision.answer.status, 204);
  t.same(
    decision.others.map(({ route, reason }) => `${route} ${reason}`),
    ['put nearer: a nearer route took it', 'one method: only GET'],
  );
});

for (const [line, status, code, route] of [
  ['GET http://shop.test/shop/../etc', 400, 'gate/target', null],
  ['BREW http://shop.test/shop/items/7', 501, 'gate/method', null],
  ['GET http://shop.test/shop/nothing', 404, 'gateway/no-route', null],
  ['GET http://other.test/shop/items/7', 404, 'gateway/no-route', null],
  ['GET http://shop.test/shop/items/a%2Fb', 400, 'gateway/encoded-slash', 'any'],
] as const) {
  test(`${line} is explained as ${status} ${code}`, async (t) => {
    const { decision } = await rehearse(inputsFor(staged, line));
    t.match(decision.answer, { status, madeBy: 'gateway', code, policy: null });
    t.equal(decision.route?.route ?? null, route);
  });
}

test('each reason for which a route loses is told, the nearest first', async (t) => {
  const many = stageText(
    `
upstreams: [{ name: up, builtin: echo }]
server: { listen: [{ name: public, address: ':8080' }, { name: private, address: ':8081' }] }
apiGroups:
  - { name: inside, basePath: /i, listeners: [private], upstream: up }
  - { name: elsewhere, hosts: [other.test, '*.other.test'], upstream: up }
  - { name: below, basePath: /below, upstream: up }
  - name: here
    upstream: up
    hosts: [a.test]
    routes:
      - { name: path, path: /x }
      - { name: method, path: /y, methods: [PUT] }
      - { name: header, path: /y, headers: { x-beta: '1' } }
      - { name: near, path: '/{any}' }
      - { name: far, path: '/*' }
`,
    builtinPlugins,
  );
  const { decision } = await rehearse(inputsFor(many, 'GET http://a.test/y'));
  t.equal(decision.route?.route, 'near');
  t.same(
    decision.others.map(({ group, route, reason }) => `${group}/${route} ${reason}`),
    [
      'here/far nearer: a nearer route took it',
      'here/header header: only with x-beta: 1',
      'here/method method: only PUT',
      'here/path path: only /x',
      'below/all base path: only below /below',
      'elsewhere/all host: only for other.test, *.other.test',
      'inside/all listener: only on private',
    ],
  );
});

const asking = definePlugin({
  name: 'asking',
  summary: 'Asks outside',
  config: Schema.Object({}),
  compile: () => ({
    async request(exchange: Exchange) {
      const said = await exchange.ask<Promise<string>>('who', () => Promise.reject(new Error('never called')));
      exchange.outgoing.set('x-who', said);
    },
  }),
});
const throwing = definePlugin({
  name: 'throwing',
  summary: 'Breaks',
  config: Schema.Object({ late: Schema.Optional(Schema.Boolean()) }),
  compile: ({ late }) => ({
    request: () => {
      if (late === true) return new Promise(() => undefined);
      throw new Error('broken for a reason');
    },
  }),
});

function groupWith(plugin: string, more = ''): string {
  return `
upstreams: [{ name: up, builtin: echo }]
policies: [{ name: one, plugin: ${plugin}${more} }]
apiGroups: [{ name: all, upstream: up, policies: [one] }]
`;
}

test('a policy that asks outside gets the answer at hand, and else would ask', async (t) => {
  const inputs = inputsFor(stageText(groupWith('asking'), [asking]), 'GET http://a.test/');
  const without = await rehearse(inputs);
  t.match(without.decision.policies[0]?.steps[0], {
    verdict: 'would ask',
    asked: [{ key: 'who', answer: 'would ask' }],
  });
  t.equal(without.answer.status, 200);
  const outside = () => ({ value: 'ann', promised: true, from: 'given' }) as const;
  const given = await rehearse({ ...inputs, known: { outside } });
  t.match(given.decision.policies[0]?.steps[0], { verdict: 'continue', asked: [{ key: 'who', answer: 'given' }] });
  t.equal(given.outgoing?.get('x-who'), 'ann');
});

test('a policy that throws or is late fails as on a request', async (t) => {
  const threw = await rehearse(inputsFor(stageText(groupWith('throwing'), [throwing]), 'GET http://a.test/'));
  const step = { verdict: 'failed', status: 500, code: 'policy/threw', detail: 'broken for a reason' };
  t.match(threw.decision.policies[0]?.steps[0], step);
  t.equal(threw.answer.status, 500);
  const text = groupWith('throwing', ', timeout: 5ms, config: { late: true }');
  const late = await rehearse(inputsFor(stageText(text, [throwing]), 'GET http://a.test/'));
  t.match(late.decision.policies[0]?.steps[0], { verdict: 'failed', status: 504, code: 'policy/timed-out' });
  t.equal(late.answer.status, 504);
});

test('the gate knows the methods that the parser knows, but CONNECT and TRACE', async (t) => {
  const limits = staged.document.server.limits;
  const passes = (method: string): boolean =>
    gate({ protocol: 'HTTP/1.1', method, url: '/', rawHeaders: ['host', 'a'] }, limits).kind === 'passed';
  t.same(
    METHODS.filter((method) => !passes(method)),
    ['CONNECT', 'TRACE'],
  );
});
