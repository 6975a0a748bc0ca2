// Credentials are not kept: what a policy said of them then counts, and a replay comes to the same in each place they can stand.
import { randomBytes } from 'node:crypto';
import { differences, recordExchange, rehearse, replayInputs } from '@postern/engine';
import type { DecisionRecord } from '@postern/model';
import { hashPassword } from '@postern/plugin-basic-auth';
import { digestOf } from '@postern/plugin-key-auth';
import { builtinPlugins } from 'postern';
import { test } from 'tap';
import { after, inputsFor, stageText } from './stage-text.ts';

const KEY = 's3cret-of-ann';
const OTHER = 's3cret-of-bob';
const password = await hashPassword('s3cret', randomBytes(16), { N: 1024, r: 8, p: 1 });

const text = `
server: { listen: [{ name: public, address: 127.0.0.1:8080 }] }
upstreams: [{ name: up, targets: [http://127.0.0.1:9000] }]
policies:
  - { name: keys, plugin: key-auth, config: { in: [header, query, cookie], anonymous: anybody } }
  - { name: more-keys, plugin: key-auth, config: { name: x-other-key } }
  - { name: users, plugin: basic-auth, timeout: 60s }
  - { name: near, plugin: ip-restriction, config: { deny: [198.51.100.0/24] } }
consumers:
  - name: ann
    credentials:
      key-auth: [{ key: "${digestOf(KEY)}" }]
      basic-auth: [{ username: ann, password: "${password}" }]
  - { name: bob, credentials: { key-auth: [{ key: "${digestOf(OTHER)}" }] } }
  - { name: anybody }
apiGroups:
  - { name: keys, basePath: /keys, upstream: up, policies: [near, keys] }
  - { name: both, basePath: /both, upstream: up, policies: [keys, more-keys] }
  - { name: users, basePath: /users, upstream: up, policies: [users] }
`;

const basic = (pair: string): { readonly authorization: string } => ({
  authorization: `Basic ${Buffer.from(pair).toString('base64')}`,
});

const cases: readonly (readonly [line: string, headers: Readonly<Record<string, string>>, outcome: string])[] = [
  ['/keys/x', { 'x-api-key': KEY }, '200 ann'],
  ['/keys/x', { 'x-api-key': 's3cret' }, '401 key-auth/unknown'],
  ['/keys/x', {}, '200 anybody'],
  ['/keys/x?a=1', { cookie: 'a=s3cret' }, '200 anybody'],
  [`/keys/x?a=1&x-api-key=${KEY}&flag`, {}, '200 ann'],
  [`/keys/x?x-api-key=${KEY}`, {}, '200 ann'],
  [`/keys/x?x-api-key=${KEY}&x-api-key=${OTHER}`, {}, '401 key-auth/ambiguous'],
  ['/keys/x', { cookie: `x-api-key=${KEY}` }, '200 ann'],
  ['/keys/x', { cookie: `x-api-key=${OTHER}; a=s3cret` }, '200 bob'],
  ['/both/x', { 'x-api-key': KEY, 'x-other-key': KEY }, '200 ann'],
  ['/both/x', { 'x-api-key': KEY, 'x-other-key': OTHER }, '401 gateway/second-consumer'],
  ['/both/x', { 'x-api-key': KEY }, '401 key-auth/missing'],
  ['/users/x', basic('ann:s3cret'), '200 ann'],
  ['/users/x', basic('ann:s3cret!'), '401 basic-auth/invalid'],
  ['/users/x', basic('s3cret'), '401 basic-auth/invalid'],
  ['/users/x', {}, '401 basic-auth/missing'],
];

for (const [path, headers, outcome] of cases) {
  test(`${path} with ${Object.keys(headers).join(', ') || 'nothing'} is ${outcome}, and a replay says so too`, async (t) => {
    const staged = stageText(text, builtinPlugins);
    const inputs = inputsFor(staged, `GET http://a.test${path}`, headers);
    const first = await rehearse(inputs);
    if (first.exchange === undefined || first.request === undefined) throw new Error('it was turned away');
    const kept = JSON.stringify(recordExchange(first.exchange, first.request, 'public'));
    t.notMatch(kept, 's3cret');
    const record: DecisionRecord = JSON.parse(kept);
    const again = await rehearse(replayInputs(record, staged, after));
    t.same(differences(record, again), []);
    const { answer, consumer } = again.decision;
    t.equal(`${answer.status} ${answer.code ?? consumer?.name}`, outcome);
  });
}

test('under another document, a verdict about what was not kept is unknown, and an address is judged anew', async (t) => {
  const staged = stageText(text, builtinPlugins, 'one');
  const first = await rehearse(inputsFor(staged, 'GET http://a.test/keys/x', { 'x-api-key': KEY }));
  if (first.exchange === undefined || first.request === undefined) throw new Error('it was turned away');
  const record: DecisionRecord = JSON.parse(JSON.stringify(recordExchange(first.exchange, first.request, 'public')));
  const other = stageText(`${text}# another\n`, builtinPlugins, 'two');
  const { decision } = await rehearse(replayInputs(record, other, after));
  t.equal(decision.policies.find(({ policy }) => policy === 'keys')?.steps[0]?.verdict, 'unknown');
  t.equal(decision.consumer, null, 'nobody is named by what nobody can read');
  const closer = stageText(
    text.replace('deny: [198.51.100.0/24]', 'allow: [198.51.100.0/24]'),
    builtinPlugins,
    'three',
  );
  const refused = await rehearse(replayInputs(record, closer, after));
  t.equal(refused.decision.answer.code, 'ip-restriction/denied');
});
