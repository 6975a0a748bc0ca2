import { differences, rehearse, replayInputs } from '@postern/engine';
import type { Difference, Rehearsal } from '@postern/engine';
import { definePlugin, refuse, Schema } from '@postern/kit';
import type { Body, Exchange } from '@postern/kit';
import type { DecisionRecord, ToldDecision } from '@postern/model';
import { test } from 'tap';
import { SERVER, gatewayFor } from '../kit/gateway.ts';
import type { TestGateway } from '../kit/gateway.ts';
import { request } from '../kit/raw-client.ts';
import { after, stageText } from './stage-text.ts';

let calls = 0;

const asking = definePlugin({
  name: 'asking',
  summary: 'Refuses whom a service does not know',
  config: Schema.Object({ service: Schema.String(), at: Schema.Optional(Schema.Boolean()) }),
  compile: ({ service, at }) => ({
    async request(exchange: Exchange) {
      const known = await exchange.ask(`${service}?`, async () => {
        calls += 1;
        if (service === 'broken') throw new Error('no service');
        return { known: false };
      });
      const luck = exchange.random();
      if (!known.known) return refuse({ status: 403, code: 'asking/unknown', detail: `Unknown, by ${luck}.` });
      if (at === true) exchange.outgoing.set('x-at', String(exchange.now));
      return undefined;
    },
  }),
});

const reading = definePlugin({
  name: 'reading',
  summary: 'Refuses bodies with a bad word',
  config: Schema.Object({}),
  compile: () => ({
    requestBody: {
      limit: 1000,
      run: (_exchange: Exchange, body: Body) =>
        body.text().includes('bad') ? refuse({ status: 403, code: 'reading/bad', detail: 'A bad word.' }) : undefined,
    },
  }),
});

const plugins = [asking, reading];

function documentWith(policy: string): string {
  return `${SERVER}upstreams: [{ name: up, builtin: echo }]
policies: [{ name: one, ${policy} }]
apiGroups: [{ name: all, upstream: up, policies: [one] }]
`;
}

async function refusalOf(gateway: TestGateway, status: number, body = ''): Promise<ToldDecision> {
  const answer = await request(gateway.port(), `${body === '' ? 'GET' : 'POST'} /x`, [], body);
  if (answer.status !== status) throw new Error(`answered ${answer.status}`);
  const { requestId }: { requestId: string } = JSON.parse(answer.body);
  for (;;) {
    const told = await gateway.cell.decision(requestId);
    if (told !== undefined) return told;
  }
}

interface Replayed {
  readonly found: readonly Difference[];
  readonly rehearsal: Rehearsal;
}

async function replay(record: DecisionRecord, text: string, digest = 'another'): Promise<Replayed> {
  const staged = stageText(text, plugins, digest);
  const copy: DecisionRecord = JSON.parse(JSON.stringify(record));
  const rehearsal = await rehearse(replayInputs(copy, staged, after));
  return { found: differences(copy, rehearsal), rehearsal };
}

test('answers from outside and numbers of chance are recorded, and nobody is asked again', async (t) => {
  const text = documentWith('plugin: asking, config: { service: who }');
  const gateway = await gatewayFor(t, text, plugins);
  calls = 0;
  const { record, policies, answer } = await refusalOf(gateway, 403);
  t.match(record.asked, [{ policy: 'one', key: 'who?', value: { known: false }, promised: true, failed: false }]);
  t.match(policies[0]?.steps[0], { verdict: 'refuse', asked: [{ key: 'who?', answer: 'recorded' }] });
  t.equal(answer.detail, `Unknown, by ${record.drawn[0]?.value}.`);
  t.same((await replay(record, text, record.digest)).found, []);
  t.same((await replay(record, `${text}# another\n`)).found, [], 'the same question has the same answer');
  t.equal(calls, 1, 'the service was asked by the request alone');
});

test('a question that was not asked then has no answer, and the verdict is unknown', async (t) => {
  const gateway = await gatewayFor(t, documentWith('plugin: asking, config: { service: who }'), plugins);
  const { record } = await refusalOf(gateway, 403);
  const { found, rehearsal } = await replay(record, documentWith('plugin: asking, config: { service: other }'));
  t.match(rehearsal.decision.policies[0]?.steps[0], { verdict: 'unknown', asked: [{ key: 'other?' }] });
  t.match(found, [{ about: 'policy one', replayed: { verdict: 'unknown' } }, { about: 'answer' }]);
});

test('a question that failed fails again', async (t) => {
  const text = documentWith('plugin: asking, config: { service: broken }');
  const gateway = await gatewayFor(t, text, plugins);
  const { record, policies } = await refusalOf(gateway, 500);
  t.match(record.asked, [{ key: 'broken?', value: null, failed: true }]);
  t.match(policies[0]?.steps[0], { verdict: 'failed', code: 'policy/threw' });
  t.same((await replay(record, text, record.digest)).found, []);
});

test('a body is not kept: what was said of it counts under its document, and is unknown under another', async (t) => {
  const text = documentWith('plugin: reading');
  const gateway = await gatewayFor(t, text, plugins);
  const told = await refusalOf(gateway, 403, 'a bad word');
  t.notMatch(JSON.stringify(told.record), 'a bad word');
  t.match(told.answer, { status: 403, policy: 'one', code: 'reading/bad' });
  t.match(told.policies[0]?.steps[0], { step: 'requestBody', verdict: 'refuse' });
  const { rehearsal } = await replay(told.record, `${text}# another\n`);
  t.match(rehearsal.decision.policies[0]?.steps[0], { step: 'requestBody', verdict: 'unknown' });
});
