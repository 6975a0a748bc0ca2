// Rows N7, N8, N9, N13 and N14 of reliability.md: what happens to the bucket happens to no request.
import { cpSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import type { Test } from 'tap';
import { foreignClient } from '../kit/foreign-client.ts';
import type { ForeignClient } from '../kit/foreign-client.ts';
import { natsServerFor, needsNats } from '../kit/nats-server.ts';
import type { NatsServer } from '../kit/nats-server.ts';
import { steadyLoad } from '../kit/steady-load.ts';
import { busGateway, folderFor, liveOf } from '../reload/bus-gateway.ts';

/** What a key-value bucket is to the server. */
const BUCKET = { name: 'KV_postern', subjects: ['$KV.postern.>'], max_msgs_per_subject: 64, allow_rollup_hdrs: true };

async function clientFor(t: Test, nats: NatsServer): Promise<ForeignClient> {
  const client = await foreignClient(nats.port);
  t.teardown(() => client.close());
  return client;
}

test('N7: a key or bucket that is deleted or purged takes nothing away, and is said', needsNats(), async (t) => {
  const nats = await natsServerFor(t);
  const running = await busGateway(t, { servers: [nats.url] });
  const client = await clientFor(t, nats);
  let version = 0;
  const put = async () => {
    version += 1;
    await client.put('postern', 'config.edge', liveOf(`v${version}`));
    await running.serves(`v${version}`);
    t.equal(running.status().refusal, undefined, 'what comes after is well again');
  };
  await put();
  const load = steadyLoad(running.url, 500);
  const marker = (operation: string, more: Record<string, string> = {}) =>
    client.put('postern', 'config.edge', '', { 'KV-Operation': operation, ...more });
  const faults: Readonly<Record<string, readonly [() => Promise<unknown>, RegExp]>> = {
    'the key is deleted': [() => marker('DEL'), /was deleted at revision/],
    'the key is purged': [() => marker('PURGE', { 'Nats-Rollup': 'sub' }), /was deleted at revision/],
    'the bucket is rolled up': [() => marker('PURGE', { 'Nats-Rollup': 'all' }), /was deleted at revision/],
    'the stream is purged': [() => client.api('STREAM.PURGE.KV_postern'), /is gone from the bucket/],
    'the stream is deleted': [() => client.api('STREAM.DELETE.KV_postern'), /bucket postern does not exist/],
  };
  for (const [name, [fault, message]] of Object.entries(faults)) {
    await fault();
    const { refusal } = await running.shows((status) => status.refusal !== undefined);
    t.match(refusal, { issues: [{ code: 'source/unreadable', message }] }, name);
    t.equal(await running.version(), `v${version}`, 'the last document serves');
    if (name !== 'the stream is deleted') await put();
  }
  await delay(700);
  await t.rejects(client.api('STREAM.INFO.KV_postern'), 'a node does not make a bucket again that was deleted');
  await client.api('STREAM.CREATE.KV_postern', BUCKET);
  await put();
  t.match(
    await running.shows(({ warnings }) => warnings.length === 1),
    { origin: 'config.edge@1', warnings: [{ message: /was made anew at/ }] },
    'a new history, and an alarm',
  );
  const { sent, lost } = await load.stop();
  t.same(lost, [], `lost of ${sent}`);
});

test(
  'N8, N13: a bucket restored from a backup is refused as stale, by a node that runs and by one that starts',
  needsNats(),
  async (t) => {
    const nats = await natsServerFor(t);
    const folder = folderFor(t);
    const running = await busGateway(t, { servers: [nats.url], folder });
    const client = await clientFor(t, nats);
    for (let at = 1; at <= 5; at += 1) await client.put('postern', 'config.edge', liveOf(`v${at}`));
    await running.serves('v5');
    await nats.stop();
    const backup = `${folder}/backup`;
    cpSync(nats.store, backup, { recursive: true });
    await nats.start();
    const later = await clientFor(t, nats);
    for (let at = 6; at <= 9; at += 1) await later.put('postern', 'config.edge', liveOf(`v${at}`));
    await running.serves('v9');
    await running.keeps(9);
    await nats.kill();
    rmSync(nats.store, { recursive: true });
    cpSync(backup, nats.store, { recursive: true });
    await nats.start();
    const stale = {
      issues: [
        { code: 'source/unreadable', message: /the bucket has config\.edge@5, and config\.edge@9 was here before/ },
      ],
    };
    t.match((await running.shows((status) => status.refusal !== undefined)).refusal, stale);
    t.equal(await running.version(), 'v9', 'the newer one is kept');
    await running.gateway.close();
    const started = await busGateway(t, { servers: [nats.url], folder });
    await started.serves('v9');
    t.match((await started.shows((status) => status.refusal !== undefined)).refusal, stale);
  },
);

test('N14: the same revision with another text is refused: two brokers under one name', needsNats(), async (t) => {
  const nats = await natsServerFor(t);
  const running = await busGateway(t, { servers: [nats.url] });
  const client = await clientFor(t, nats);
  await client.put('postern', 'config.edge', liveOf('v1'));
  await running.serves('v1');
  await nats.stop();
  const twin = `${running.folder}/twin`;
  cpSync(nats.store, twin, { recursive: true });
  await nats.start();
  const one = await clientFor(t, nats);
  await one.put('postern', 'config.edge', liveOf('ours'));
  await running.serves('ours');
  await nats.kill();
  rmSync(nats.store, { recursive: true });
  cpSync(twin, nats.store, { recursive: true });
  await nats.start();
  // The node comes back to a broker that has the other text already, or has it a moment later: the same to it.
  const other = await clientFor(t, nats);
  await other.put('postern', 'config.edge', liveOf('theirs'));
  await running.shows(({ refusal }) => refusal?.issues[0]?.message.includes('has another text than') === true);
  t.equal(await running.version(), 'ours');
});

test('N9: the same value again and again is applied once', needsNats(), async (t) => {
  const nats = await natsServerFor(t);
  const running = await busGateway(t, { servers: [nats.url] });
  const client = await clientFor(t, nats);
  await client.put('postern', 'config.edge', liveOf('v1'));
  await running.serves('v1');
  for (let at = 0; at < 20; at += 1) await client.put('postern', 'config.edge', liveOf('v1'));
  await running.shows((status) => status.origin === 'config.edge@21');
  t.equal(running.status().reloads.accepted, 1, running.lines.join('\n'));
});
