// A fleet has to end on one document also when the newest is invalid: a node that was busy, or not there, when a valid one came
// right before it goes back for that one.
import { createPrivateKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import { keyIdOf, keyPair, signDocument } from '@postern/source-nats';
import { test } from 'tap';
import { chance } from '../kit/chance.ts';
import { foreignClient } from '../kit/foreign-client.ts';
import { natsServerFor, needsNats } from '../kit/nats-server.ts';
import { until } from '../kit/until.ts';
import { busGateway, folderFor, liveOf } from '../reload/bus-gateway.ts';

const INVALID = liveOf('invalid', 'wrong: 1\n');

test(
  'a node that starts on an invalid document goes back to the newest valid one, and says what is refused',
  needsNats(),
  async (t) => {
    const nats = await natsServerFor(t);
    const client = await foreignClient(nats.port);
    t.teardown(() => client.close());
    const folder = folderFor(t);
    const first = await busGateway(t, { servers: [nats.url], folder, node: 'first' });
    await client.put('postern', 'config.edge', liveOf('one'));
    await first.serves('one');
    await first.gateway.close();

    for (const text of [liveOf('two'), INVALID, liveOf('three'), INVALID, INVALID])
      await client.put('postern', 'config.edge', text);
    for (const options of [{ folder, node: 'again' }, { node: 'new' }]) {
      const node = await busGateway(t, { servers: [nats.url], ...options });
      await node.serves('three');
      const { refusal, via } = node.status();
      t.equal(refusal?.revision, 6, 'the newest stays refused');
      t.equal(via, 'for the newer ones are refused');
      await until(async () => {
        const subject = `$KV.postern-nodes.node.edge.${options.node}`;
        const asked = client.api('STREAM.MSG.GET.KV_postern-nodes', { last_by_subj: subject });
        const said = await asked.catch(() => ({ message: {} }));
        const { data = '' } = said['message'] as { data?: string };
        const report = JSON.parse(Buffer.from(data, 'base64').toString() || '{}');
        return report.revision === 6 && report.state === 'refused' && report.serving?.revision === 4;
      }, 'the fleet is told neither');
      await node.gateway.close();
    }
  },
);

test(
  'of a burst that ends on an invalid document every node serves the same, the newest valid one',
  needsNats(),
  async (t) => {
    const random = chance(t);
    const nats = await natsServerFor(t);
    const nodes = await Promise.all(['a', 'b', 'c'].map((node) => busGateway(t, { servers: [nats.url], node })));
    const client = await foreignClient(nats.port);
    t.teardown(() => client.close());
    for (let burst = 0; burst < 5; burst += 1) {
      let newest = '';
      for (let at = 0; at < 10; at += 1) {
        const valid = at === 0 || random() < 0.3;
        if (valid) newest = `${burst}-${at}`;
        await client.put('postern', 'config.edge', valid ? liveOf(newest) : INVALID);
      }
      await client.put('postern', 'config.edge', INVALID);
      await Promise.all(nodes.map((node) => node.serves(newest)));
    }
    t.pass('five bursts');
  },
);

test('on the way back a document counts only when it was signed after the one that serves', needsNats(), async (t) => {
  const nats = await natsServerFor(t);
  const client = await foreignClient(nats.port);
  t.teardown(() => client.close());
  const pair = keyPair();
  const key = createPrivateKey(pair.privateKey);
  const put = (text: string, revision: number) =>
    client.put(
      'postern',
      'config.edge',
      signDocument(
        { key: 'edge', revision, issuedAt: '2026-01-01T00:00:00.000Z', document: text, keyId: keyIdOf(key) },
        key,
      ),
    );
  const folder = folderFor(t);
  const start = () =>
    busGateway(t, { servers: [nats.url], folder, more: `, trustedKeys: ["${pair.publicKey}"]`, node: 'n' });
  const first = await start();
  await put(liveOf('one'), 10);
  await first.serves('one');
  await until(async () => existsSync(first.lastGood), 'never kept');
  await first.gateway.close();
  await put(liveOf('two'), 11);
  await put(liveOf('replayed'), 9);
  await client.put('postern', 'config.edge', liveOf('unsigned'));
  await put(INVALID, 12);
  const second = await start();
  await second.serves('two');
  t.equal(second.status().refusal?.revision, 5);
});
