/** Rows of the corpus that are documents: through the file, and those about signatures through the bus. */
import { readFileSync } from 'node:fs';
import { createPrivateKey } from 'node:crypto';
import { keyIdOf, keyPair, signDocument } from '@postern/source-nats';
import { test } from 'tap';
import { foreignClient } from '../kit/foreign-client.ts';
import { natsServerFor, needsNats } from '../kit/nats-server.ts';
import { busGateway, liveOf } from '../reload/bus-gateway.ts';
import { badInput, badInputs } from './case.ts';
import { Followed } from './config.ts';
import { fixtureFor } from './fixture.ts';
import { assertOutcome, sayFigures } from './report.ts';
import type { Outcome } from './run-case.ts';

const rows = badInputs.filter(({ transport }) => transport === 'config');
/** They are about what a document comes in. */
const SIGNED = ['P-CFG-031', 'P-CFG-032'];

test('a bad document changes nothing, is told why, and costs no request', async (t) => {
  const outcomes: Outcome[] = [];
  const [lane] = await fixtureFor(t, 1);
  if (lane === undefined) throw new Error('no lane');
  const followed = new Followed(lane, readFileSync(lane.gateway.file, 'utf8'));
  for (const row of rows.filter(({ id }) => !SIGNED.includes(id))) outcomes.push(await followed.run(row));
  await followed.close();
  for (const outcome of outcomes) assertOutcome(t, outcome);
  sayFigures(t, 'config, as a file', outcomes);
});

test('a document from the bus that is stale or not signed by us changes nothing', needsNats(), async (t) => {
  const ours = keyPair();
  const stranger = keyPair();
  const sign = (version: string, revision: number, by = ours): string => {
    const key = createPrivateKey(by.privateKey);
    const envelope = { key: 'edge', revision, issuedAt: '2026-01-01T00:00:00.000Z', document: liveOf(version) };
    return signDocument({ ...envelope, keyId: keyIdOf(key) }, key);
  };
  const nats = await natsServerFor(t);
  const client = await foreignClient(nats.port);
  t.teardown(() => client.close());
  const node = await busGateway(t, { servers: [nats.url], more: `, trustedKeys: ["${ours.publicKey}"]` });
  const offer = async (text: string): Promise<readonly string[]> => {
    const revision = await client.put('postern', 'config.edge', text);
    const { refusal } = await node.shows((status) => status.refusal?.revision === revision);
    return (await node.version()) === 'three' ? [] : [`it serves ${await node.version()}, ${refusal?.issues[0]?.code}`];
  };
  for (const [at, version] of ['one', 'two', 'three'].entries()) {
    await client.put('postern', 'config.edge', sign(version, 10 + at));
    await node.serves(version);
  }
  const stale = await offer(sign('one', 10));
  const good = sign('evil', 20);
  const signature = /"signature":"([^"]+)"/.exec(good)?.[1] ?? '';
  const flipped = Buffer.from(signature, 'base64');
  flipped.writeUInt8(flipped.readUInt8(0) ^ 1, 0);
  const forged = [
    good.replace(signature, () => flipped.toString('base64')),
    sign('evil', 21, stranger),
    good.replace('"revision":20', '"revision": 20,"more":1'),
    liveOf('evil'),
  ];
  const bad: string[] = [];
  for (const text of forged) bad.push(...(await offer(text)));
  for (const [id, violations] of [['P-CFG-031', stale] as const, ['P-CFG-032', bad] as const])
    assertOutcome(t, { row: badInput(id), time: 0, must: violations, target: violations });
  t.match(signature, /.{80}/, 'the envelope has a signature to forge');
});
