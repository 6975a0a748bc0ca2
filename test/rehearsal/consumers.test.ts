// Consumers of a document: how one is known, what runs once it is, what its upstream learns, and what decisions keep of it.
import { recordExchange, rehearse, replayInputs } from '@postern/engine';
import type { Rehearsable } from '@postern/engine';
import { definePlugin, refuse, Schema } from '@postern/kit';
import type { DecisionRecord } from '@postern/model';
import { builtinPlugins } from 'postern';
import { test } from 'tap';
import { after, inputsFor, stageText } from './stage-text.ts';

const UNKNOWN = refuse({ status: 401, code: 'token/unknown', detail: 'Who are you?' });

/** Identifies callers by a token in a header. */
const token = definePlugin({
  name: 'token',
  summary: 'Identifies by x-token',
  config: Schema.Object({ header: Schema.Optional(Schema.String()) }),
  credential: Schema.Object({ token: Schema.String({ secret: true }) }),
  credentialId: (credential) => credential.token,
  credentials: ({ header = 'x-token' }) => [header],
  guards: () => true,
  answers: () => false,
  compile({ header = 'x-token' }, { consumers }) {
    const known = new Map(consumers.map(({ consumer, credential }) => [credential.token, consumer]));
    return {
      request(exchange) {
        const consumer = known.get(exchange.request.headers.get(header) ?? '');
        if (consumer === undefined) return UNKNOWN;
        exchange.identify(consumer);
        exchange.setClaims({ sub: consumer.name, roles: ['reader', 'writer'] });
        return undefined;
      },
    };
  },
});

/** Joins its policy's name to `x-trace`, there and back, and to the body. */
const trace = definePlugin({
  name: 'trace',
  summary: 'Says that it ran',
  config: Schema.Object({}),
  compile: (_config, { policy }) => ({
    request: (exchange) => exchange.outgoing.add('x-trace', policy),
    requestBody: { limit: 1024, run: (_exchange, body) => body.replace(`${body.text()} ${policy}`) },
    response: (exchange) => exchange.response.headers.add('x-trace', policy),
  }),
});

const PLUGINS = [...builtinPlugins, token, trace];

const text = (more = ''): string => `
server: { listen: [{ name: public, address: 127.0.0.1:8080 }] }
upstreams: [{ name: up, targets: [http://127.0.0.1:9000] }]
policies:
  - { name: first, plugin: trace }
  - { name: ask, plugin: token }
  - { name: own, plugin: trace }
  - { name: last, plugin: trace }
  - { name: only-public, plugin: trace, when: "group.labels['tier'] == 'public' && 'writer' in claims.roles" }
consumers:
  - name: ann
    labels: { tier: gold, "odd key": x }
    credentials: { token: [{ token: "sha256:a" }] }
    policies: [own, first, last, only-public]
  - name: bob
    credentials: { token: [{ token: "sha256:b" }] }
apiGroups:
  - name: shop
    labels: { tier: public }
    basePath: /shop
    upstream: up
    policies: [first, ask, last]
  - { name: back, basePath: /back, upstream: up, policies: [ask] }
${more}`;

const staged = (more?: string): Rehearsable => stageText(text(more), PLUGINS);

test("a consumer's policies run right behind the one that identified it, and none of them twice", async (t) => {
  const { decision, outgoing, answer, outgoingBody } = await rehearse({
    ...inputsFor(staged(), 'POST http://a.test/shop/x', { 'x-token': 'sha256:a' }),
    body: new TextEncoder().encode('body'),
  });
  t.equal(outgoing?.get('x-trace'), 'first, own, last, only-public');
  t.equal(new TextDecoder().decode(outgoingBody), 'body first own last only-public');
  t.equal(answer.headers.get('x-trace'), 'only-public, last, own, first', 'response steps run backwards');
  t.same(
    decision.policies.map(({ policy, level, line, at }) => [policy, level, line, at.line]),
    [
      ['first', 'group', 5, 22],
      ['ask', 'group', 6, 22],
      ['own', 'consumer', 7, 14],
      ['last', 'consumer', 8, 14],
      ['only-public', 'consumer', 9, 14],
    ],
  );
  t.same(decision.consumer, { name: 'ann', labels: { tier: 'gold', 'odd key': 'x' } });
});

test('a condition in the list of a consumer reads the group and route that the request is on', async (t) => {
  const { outgoing } = await rehearse(inputsFor(staged(), 'GET http://a.test/back/x', { 'x-token': 'sha256:a' }));
  t.equal(outgoing?.get('x-trace'), 'own, first, last');
});

test('a consumer without policies changes nothing of the pipeline', async (t) => {
  const { outgoing, decision } = await rehearse(
    inputsFor(staged(), 'GET http://a.test/shop/x', { 'x-token': 'sha256:b' }),
  );
  t.equal(outgoing?.get('x-trace'), 'first, last');
  t.equal(decision.consumer?.name, 'bob');
});

test('the upstream learns who asks, by name and labels, and never from the client', async (t) => {
  const said = { 'x-token': 'sha256:a', 'x-consumer-name': 'root', 'X-Consumer-Label-Tier': 'platinum' };
  const { outgoing } = await rehearse(inputsFor(staged(), 'GET http://a.test/shop/x', said));
  t.same(
    [...(outgoing?.entries() ?? [])].filter(([name]) => name.startsWith('x-consumer-')),
    [
      ['x-consumer-name', 'ann'],
      ['x-consumer-label-tier', 'gold'],
    ],
  );
});

test('two credentials that one request could show are an issue in the line of the second', async (t) => {
  const more = '  - { name: spare, upstream: up, hosts: [spare.test] }';
  const twice = text(more).replace('"sha256:b"', '"sha256:a"');
  t.throws(() => stageText(twice, PLUGINS), {
    message:
      'consumers.bob.credentials.token[0]: "ann" has it too, on line 13: a credential names one caller [consumers/same-credential]',
  });
});

test('a plain secret is a warning, a reference or a digest is none', async (t) => {
  const warned = stageText(text().replace('"sha256:b"', 'plain-b'), PLUGINS).document.warnings;
  t.match(warned, [{ code: 'secrets/plain', line: 16 }]);
  t.equal(warned.length, 1);
  t.notMatch(JSON.stringify(warned), 'plain-b');
  t.same(staged().document.warnings, []);
});

test('a policy of a consumer that was identified too late does not run, and a shadow identifies nobody', async (t) => {
  const shadowed = text().replace('name: ask, plugin: token', 'name: ask, plugin: token, mode: shadow');
  const { outgoing, decision } = await rehearse(
    inputsFor(stageText(shadowed, PLUGINS), 'GET http://a.test/shop/x', { 'x-token': 'sha256:a' }),
  );
  t.equal(outgoing?.get('x-trace'), 'first, last');
  t.equal(outgoing?.get('x-consumer-name'), undefined);
  t.equal(decision.consumer, null);
});

test('two policies that name two callers refuse the request', async (t) => {
  const both = text()
    .replace('  - { name: own,', '  - { name: ask-too, plugin: token, config: { header: x-other } }\n  - { name: own,')
    .replace('[first, ask, last]', '[first, ask, ask-too, last]');
  const asked = inputsFor(stageText(both, PLUGINS), 'GET http://a.test/shop/x', {
    'x-token': 'sha256:a',
    'x-other': 'sha256:b',
  });
  const { decision } = await rehearse(asked);
  t.match(decision.answer, { status: 401, policy: 'ask-too', code: 'gateway/second-consumer' });
});

test('a replay knows the consumer again, though its credential was not kept', async (t) => {
  const here = staged();
  const first = await rehearse(inputsFor(here, 'GET http://a.test/shop/x', { 'x-token': 'sha256:a' }));
  if (first.exchange === undefined || first.request === undefined) throw new Error('turned at the gate');
  const kept = JSON.stringify(recordExchange(first.exchange, first.request, 'public'));
  t.notMatch(kept, 'sha256:a');
  const record: DecisionRecord = JSON.parse(kept);
  t.equal(record.identifiedBy, 'ask');
  const again = await rehearse(replayInputs(record, here, after));
  t.same(again.decision.consumer, first.decision.consumer);
  t.same(
    again.decision.policies.map(({ policy }) => policy),
    first.decision.policies.map(({ policy }) => policy),
  );
  t.equal(again.decision.answer.status, 200);
  const elsewhere = stageText(text('  - { name: more, upstream: up, hosts: [more.test] }'), PLUGINS, 'another');
  const other = await rehearse(replayInputs(record, elsewhere, after));
  const asked = other.decision.policies.find(({ policy }) => policy === 'ask');
  t.equal(asked?.steps[0]?.verdict, 'unknown', 'under another document nobody knows');
});
