// Rows D1, D2, D4 and D5 of reliability.md, at a running gateway.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'tap';
import { foreignClient } from '../kit/foreign-client.ts';
import { natsServerFor, needsNats } from '../kit/nats-server.ts';
import { steadyLoad } from '../kit/steady-load.ts';
import { SHORT, busGateway, folderFor, liveOf } from '../reload/bus-gateway.ts';

/** Mounts need root and a kernel that lets a container have them. */
function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'postern-may-mount-'));
  const may =
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]).status === 0 &&
    spawnSync('umount', [folder]).status === 0;
  rmSync(folder, { recursive: true, force: true });
  return may;
}

const mounts = mayMount();
const needsMounts = { skip: needsNats().skip || (!mounts && 'MOUNTING IS NOT ALLOWED HERE') };

test('a document is kept once it has served long enough, and not before', needsNats(), async (t) => {
  const nats = await natsServerFor(t);
  const good = 3000;
  const running = await busGateway(t, { servers: [nats.url], times: { ...SHORT, good } });
  const client = await foreignClient(nats.port);
  t.teardown(() => client.close());
  await client.put('postern', 'config.edge', liveOf('one'));
  await running.serves('one');
  t.notOk(existsSync(running.lastGood), 'not yet');
  const put = performance.now();
  await client.put('postern', 'config.edge', liveOf('two'));
  await running.serves('two');
  await running.keeps(2);
  t.ok(performance.now() - put >= good, 'not before');
  t.match(JSON.parse(readFileSync(running.lastGood, 'utf8')), {
    kept: { bucket: 'postern', key: 'edge', revision: 2 },
  });
  t.notOk(existsSync(`${running.lastGood}.previous`), 'the first was overtaken before it was good');
});

test('D1, D2: a full or read-only disk costs an alarm, not a request', needsMounts, async (t) => {
  const nats = await natsServerFor(t);
  const folder = folderFor(t);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
  t.teardown(() => spawnSync('umount', [folder]));
  const running = await busGateway(t, { servers: [nats.url], folder });
  const client = await foreignClient(nats.port);
  t.teardown(() => client.close());
  await client.put('postern', 'config.edge', liveOf('small'));
  await running.serves('small');
  await running.keeps(1);
  const before = readFileSync(running.lastGood, 'utf8');
  const load = steadyLoad(running.url);
  const alarm = /last good document cannot be kept in/;
  await client.put('postern', 'config.edge', liveOf('large', `# ${'x'.repeat(100_000)}\n`));
  await running.serves('large');
  const isAlarm = ({ message }: { readonly message: string }): boolean => alarm.test(message);
  await running.shows(({ warnings }) => warnings.length === 1 && warnings.every(isAlarm));
  t.equal(readFileSync(running.lastGood, 'utf8'), before, 'what was kept is intact');
  await client.put('postern', 'config.edge', liveOf('small again'));
  await running.serves('small again');
  await running.shows((status) => status.warnings.length === 0);
  execFileSync('mount', ['-o', 'remount,ro', folder]);
  await client.put('postern', 'config.edge', liveOf('unwritten'));
  await running.serves('unwritten');
  await running.shows((status) => status.warnings.some(isAlarm));
  const { sent, lost } = await load.stop();
  t.same(lost, [], `lost of ${sent}`);
});

test(
  'D4: a corrupt last good file is passed over for the one before, then for the file, never for a crash',
  needsNats(),
  async (t) => {
    const nats = await natsServerFor(t);
    const folder = folderFor(t);
    const before = await busGateway(t, { servers: [nats.url], folder });
    const client = await foreignClient(nats.port);
    t.teardown(() => client.close());
    for (const version of ['one', 'two']) {
      await client.put('postern', 'config.edge', liveOf(version));
      await before.serves(version);
      await before.keeps(version === 'one' ? 1 : 2);
    }
    await before.gateway.close();
    await nats.stop();
    const start = () => busGateway(t, { servers: [nats.url], folder, live: liveOf('file') });
    t.equal(await (await start()).version(), 'two');
    writeFileSync(before.lastGood, readFileSync(before.lastGood, 'utf8').replace('edge', 'Edge'));
    const second = await start();
    t.equal(await second.version(), 'one');
    t.ok(second.status().warnings.some(({ message }) => message.includes('is corrupt')));
    writeFileSync(`${before.lastGood}.previous`, '');
    t.equal(await (await start()).version(), 'file');
  },
);
