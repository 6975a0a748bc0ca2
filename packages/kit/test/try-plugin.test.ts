// What `tryPlugin` promises to the authors of plugins, shown with plugins small enough to be judged by eye.
import { readFileSync } from 'node:fs';
import { claimHas, definePlugin, KIT_VERSION, problem, refuse, respond, Schema } from '@postern/kit';
import type { Handlers, Plugin } from '@postern/kit';
import { tryPlugin } from '@postern/kit/testkit';
import { test } from 'tap';

/** A plugin that takes any config and does this. */
function pluginOf(handlers: Handlers): Plugin {
  return definePlugin({ name: 'tried', summary: 'Of a test', config: Schema.Object({}), compile: () => handlers });
}

test('the version of the kit is that of its package, and a plugin says which it was built with', async (t) => {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  t.match(manifest, { version: KIT_VERSION });
  t.equal(pluginOf({}).kit, `^${KIT_VERSION}`);
  const wider = definePlugin({
    name: 'wider',
    summary: 'Of a test',
    kit: '>=0.1',
    config: Schema.Object({}),
    compile: () => ({}),
  });
  t.equal(wider.kit, '>=0.1');
});

test('a row without anything is a GET that the upstream answers with 200', async (t) => {
  const answer = await tryPlugin(pluginOf({ done: () => undefined })).send();
  t.match(answer, { status: 200, headers: {}, body: '', consumer: null, upstream: { path: '/', body: '' } });
  t.match(answer.decision, {
    at: '2026-01-01T00:00:00.000Z',
    request: { method: 'GET', host: 'gateway.test', clientAddress: '192.0.2.1', protocol: 'HTTP/1.1' },
    route: { group: 'group', route: 'route' },
  });
});

test('the upstream sees what the plugin made of the request, and the client what it made of the answer', async (t) => {
  const plugin = pluginOf({
    request(exchange) {
      exchange.outgoing.set('x-made', `${exchange.request.method} ${exchange.request.query} ${exchange.params['id']}`);
      exchange.outgoing.remove('cookie');
      exchange.rewrite({ path: `/v2${exchange.request.path}` });
    },
    requestBody: { limit: 100, run: (_exchange, body) => body.replace(body.text().toUpperCase()) },
    response: (exchange) => exchange.response.headers.set('x-status', String(exchange.response.status)),
    responseBody: { limit: 100, run: (_exchange, body) => body.replace(`<${body.text()}>`) },
  });
  const answer = await tryPlugin(plugin, { path: '/items/{id}' }).send({
    method: 'POST',
    path: '/items/7?a=b',
    headers: { cookie: 'a=b', 'Content-Type': 'text/plain' },
    body: 'hello',
    upstream: { status: 201, headers: { 'X-Kept': 'yes' }, body: 'made' },
  });
  t.match(answer, { status: 201, body: '<made>', headers: { 'x-status': '201', 'x-kept': 'yes' } });
  t.match(answer.upstream, {
    path: '/v2/items/7?a=b',
    body: 'HELLO',
    headers: { 'x-made': 'POST a=b 7', 'content-type': 'text/plain' },
  });
  t.notMatch(answer.upstream?.headers, { cookie: /./ });
  t.same(
    answer.steps.map(({ step, verdict }) => `${step} ${verdict}`),
    ['request continue', 'requestBody continue', 'response continue', 'responseBody continue'],
  );
  t.match(answer.steps[0]?.edits, [
    { on: 'outgoing', operation: 'set', name: 'x-made', dropped: false },
    { on: 'outgoing', operation: 'remove', name: 'cookie' },
    { on: 'target', name: 'path', value: '/v2/items/7' },
  ]);
});

test('a body over the limit of the step is 413, as it is on the wire', async (t) => {
  const tried = tryPlugin(pluginOf({ requestBody: { limit: 4, run: () => undefined } }));
  t.equal((await tried.send({ method: 'POST', body: 'four' })).status, 200);
  const { status, upstream } = await tried.send({ method: 'POST', body: new TextEncoder().encode('fiver') });
  t.same([status, upstream], [413, undefined]);
});

test('an answer or a refusal of the plugin asks no upstream, and is seen with its words', async (t) => {
  const plugin = pluginOf({
    request: ({ request }) =>
      request.path === '/answer'
        ? respond({ status: 202, headers: ['x-a', '1'], body: 'from here' })
        : refuse({ status: 403, code: 'tried/no', detail: 'Not you.' }),
  });
  const tried = tryPlugin(plugin);
  t.match(await tried.send({ path: '/answer' }), {
    status: 202,
    body: 'from here',
    headers: { 'x-a': '1' },
    upstream: undefined,
    steps: [{ step: 'request', verdict: 'respond', status: 202 }],
  });
  const refused = await tried.send();
  t.match(refused, {
    status: 403,
    headers: { 'content-type': 'application/problem+json' },
    upstream: undefined,
    steps: [{ verdict: 'refuse', status: 403, code: 'tried/no', detail: 'Not you.' }],
  });
  t.match(JSON.parse(refused.body), { code: 'tried/no', policy: 'policy', detail: 'Not you.' });
});

test('a step that throws refuses with 500, as it does where it serves', async (t) => {
  const plugin = pluginOf({
    request: () => {
      throw new Error('secret');
    },
  });
  const { status, body, steps } = await tryPlugin(plugin).send();
  t.equal(status, 500);
  t.notMatch(body, 'secret');
  t.match(steps, [{ verdict: 'failed', code: 'policy/threw' }]);
});

test('in shadow nothing changes, and the steps say what would have been', async (t) => {
  const plugin = pluginOf({
    request(exchange) {
      exchange.outgoing.set('x-made', 'yes');
      return refuse({ status: 403, code: 'tried/no', detail: 'Not you.' });
    },
  });
  const answer = await tryPlugin(plugin, { mode: 'shadow' }).send();
  t.equal(answer.status, 200);
  t.notMatch(answer.upstream?.headers, { 'x-made': /./ });
  t.match(answer.steps, [{ verdict: 'would refuse', code: 'tried/no', edits: [{ name: 'x-made', dropped: true }] }]);
});

test('a config that is refused shows its issues as a document would, all at once, and no request can be sent', async (t) => {
  const plugin = definePlugin({
    name: 'tried',
    summary: 'Of a test',
    config: Schema.Object({ limit: Schema.Integer(), by: Schema.Optional(Schema.String()) }),
    compile: (config, context) => {
      if (config.limit === 0) context.warn({ code: 'tried/zero', path: ['limit'], message: 'none', fix: 'one' });
      if (config.limit >= 0) return {};
      return [
        problem({ code: 'tried/below', path: ['limit'], message: 'below zero', fix: 'count upwards' }),
        problem({ code: 'tried/by', path: ['by'], message: 'nobody', fix: 'somebody' }),
      ];
    },
  });
  const misspelt = tryPlugin(plugin, { config: { limt: 1 } });
  t.match(misspelt.issues, [{ code: 'document/unknown-key', fix: /limit/ }]);
  t.match(tryPlugin(plugin, { config: {} }).issues, [{ code: 'document/missing-key' }]);
  await t.rejects(misspelt.send(), /limt/);
  const below = tryPlugin(plugin, { config: { limit: -1, by: 'x' } });
  t.match(below.issues, [
    { code: 'tried/below', severity: 'error', pointer: '/policies/0/config/limit', fix: 'count upwards', line: /\d/ },
    { code: 'tried/by' },
  ]);
  await t.rejects(below.send(), /below zero\n.*nobody/);
  const warned = tryPlugin(plugin, { config: { limit: 0 } });
  t.match(warned.issues, [{ code: 'tried/zero', severity: 'warning' }]);
  t.equal((await warned.send()).status, 200, 'a warning refuses nothing');
});

test('references in a config stand for the variables of the trial', async (t) => {
  const plugin = definePlugin({
    name: 'tried',
    summary: 'Of a test',
    config: Schema.Object({ word: Schema.String({ secret: true }) }),
    compile: ({ word }) => ({ request: () => respond({ status: 200, body: word }) }),
  });
  const config = { word: '${env:WORD}' };
  t.equal((await tryPlugin(plugin, { config, variables: { WORD: 'sesame' } }).send()).body, 'sesame');
  t.match(tryPlugin(plugin, { config }).issues, [{ code: 'reference/not-set', severity: 'error' }]);
});

test('outside answers come from the row by their key; what is not there is asked for good', async (t) => {
  let asked = 0;
  const plugin = pluginOf({
    async request(exchange) {
      const said = await exchange.ask('friend', async () => {
        asked += 1;
        return 'alive';
      });
      exchange.outgoing.set('x-said', said);
    },
  });
  const tried = tryPlugin(plugin);
  const given = await tried.send({ outside: { friend: 'given' } });
  t.equal(given.upstream?.headers['x-said'], 'given');
  t.equal(asked, 0);
  t.match(given.steps, [{ asked: [{ key: 'friend', answer: 'given' }] }]);
  t.equal((await tried.send({ outside: { other: 1 } })).upstream?.headers['x-said'], 'alive');
  t.equal(asked, 1);
});

test('clock and chance are those of the row', async (t) => {
  const plugin = pluginOf({
    request: (exchange) => exchange.outgoing.set('x-drawn', `${exchange.now} ${exchange.random()}`),
  });
  const tried = tryPlugin(plugin);
  t.equal((await tried.send({ now: 5, random: 0.25 })).upstream?.headers['x-drawn'], '5 0.25');
  t.equal((await tried.send()).upstream?.headers['x-drawn'], `${Date.UTC(2026, 0, 1)} 0.5`);
});

test('what the plugin keeps and takes goes on from one request to the next, counters and log beside it', async (t) => {
  const plugin = definePlugin({
    name: 'tried',
    summary: 'Of a test',
    config: Schema.Object({ limit: Schema.Integer() }),
    compile(config, context) {
      const budget = context.budget('requests', { limit: config.limit, window: 60_000 });
      const kept = context.keep('seen', () => ({ times: 0 }));
      const count = context.counter('spent');
      return {
        request(exchange) {
          kept.times += 1;
          const taken = exchange.take(budget, { key: exchange.request.clientAddress });
          if (taken instanceof Promise || taken.granted) return undefined;
          count();
          context.write({ msg: 'spent', times: kept.times });
          return refuse({ status: 429, code: 'tried/spent', detail: 'Enough.' });
        },
      };
    },
  });
  const tried = tryPlugin(plugin, { config: { limit: 2 } });
  const statuses: number[] = [];
  for (const from of ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2'])
    statuses.push((await tried.send({ from })).status);
  statuses.push((await tried.send({ now: Date.UTC(2026, 0, 1) + 60_000 })).status);
  t.same(statuses, [200, 200, 429, 200, 200], 'another client and the next window begin anew');
  t.same([...tried.counts], [['spent', 1]]);
  t.same(tried.written, [{ msg: 'spent', times: 3 }]);
  t.equal((await tryPlugin(plugin, { config: { limit: 1 } }).send()).status, 200, 'another trial has its own');
});

test('consumers of the trial have credentials for the plugin, and the one it names is seen', async (t) => {
  const plugin = definePlugin({
    name: 'tried',
    summary: 'Of a test',
    config: Schema.Object({}),
    credential: Schema.Object({ key: Schema.String() }),
    credentialId: ({ key }) => key,
    guards: () => true,
    compile: (_config, { consumers }) => {
      const callers = new Map(consumers.map(({ consumer, credential }) => [credential.key, consumer]));
      return {
        request(exchange) {
          const caller = callers.get(exchange.request.headers.get('x-key') ?? '');
          if (caller === undefined) return refuse({ status: 401, code: 'tried/unknown', detail: 'Who?' });
          exchange.identify(caller);
          return undefined;
        },
      };
    },
  });
  const ann = { name: 'ann', labels: { tier: 'gold' }, credentials: [{ key: 'a' }, { key: 'b' }] };
  const tried = tryPlugin(plugin, { consumers: [ann, { name: 'bob' }] });
  t.same(tried.issues, []);
  t.match(await tried.send({ headers: { 'X-Key': 'b' } }), {
    status: 200,
    consumer: { name: 'ann', labels: { tier: 'gold' } },
    upstream: { headers: { 'x-consumer-name': 'ann', 'x-consumer-label-tier': 'gold' } },
  });
  t.equal((await tried.send()).status, 401);
  const twice = tryPlugin(plugin, { consumers: [ann, { name: 'eve', credentials: [{ key: 'b' }] }] });
  t.match(twice.issues, [{ severity: 'error' }]);
  const wrong = tryPlugin(plugin, { consumers: [{ name: 'ann', credentials: [{ kye: 'b' }] }] });
  t.match(wrong.issues, [{ code: 'document/unknown-key', fix: /key/ }]);
});

test('a caller with claims stands in front of the plugin, and its own steps alone are shown', async (t) => {
  const plugin = pluginOf({
    request(exchange) {
      if (exchange.consumer?.name !== 'ann' || !claimHas(exchange.claims, 'roles', 'reader'))
        return refuse({ status: 403, code: 'tried/no', detail: 'Not you.' });
      return undefined;
    },
  });
  const consumer = { name: 'ann', labels: {} };
  const allowed = await tryPlugin(plugin, { caller: { consumer, claims: { roles: ['reader'] } } }).send();
  t.match(allowed, { status: 200, consumer, steps: [{ step: 'request', verdict: 'continue' }] });
  t.equal(allowed.steps.length, 1);
  t.equal((await tryPlugin(plugin, { caller: { consumer } }).send()).status, 403);
  t.equal((await tryPlugin(plugin).send()).status, 403);
});

test('a preflight and other protocols are rows like any other', async (t) => {
  const plugin = definePlugin({
    name: 'tried',
    summary: 'Of a test',
    preflight: true,
    config: Schema.Object({}),
    compile: () => ({
      preflight: ({ request }) => respond({ status: 204, headers: ['x-protocol', request.protocol] }),
    }),
  });
  const headers = { origin: 'https://app.example.com', 'access-control-request-method': 'PUT' };
  const answer = await tryPlugin(plugin).send({ method: 'OPTIONS', headers, protocol: 'HTTP/2' });
  t.match(answer, { status: 204, headers: { 'x-protocol': 'HTTP/2' }, upstream: undefined });
});

test('closing a trial closes the policy and disposes of what it kept', async (t) => {
  const ended: string[] = [];
  const plugin = definePlugin({
    name: 'tried',
    summary: 'Of a test',
    config: Schema.Object({}),
    compile(_config, context) {
      context.keep(
        'socket',
        () => 'socket',
        (socket) => void ended.push(socket),
      );
      return { request: () => undefined, close: () => void ended.push('close') };
    },
  });
  const tried = tryPlugin(plugin);
  await tried.send();
  t.same(ended, []);
  tried.close();
  await new Promise((resolve) => setImmediate(resolve));
  t.same(ended, ['close', 'socket']);
});

test('a step that is misspelt beside one that is not is found before any request', async (t) => {
  const handlers = { request: () => undefined, respons: () => undefined };
  t.match(tryPlugin(pluginOf(handlers)).issues, [
    { code: 'plugin/strange-result', message: /there is no step respons: the steps are .*response/ },
  ]);
});
