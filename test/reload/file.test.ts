import { renameSync, writeFileSync } from 'node:fs';
import { mkdir, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { until } from '../kit/until.ts';
import { documentOf, runGateway } from './gateway.ts';

test('serves the next document after an atomic rename, again and again', async (t) => {
  const running = await runGateway(t, documentOf('0'));
  for (const version of ['1', '2', '3']) {
    await running.write(documentOf(version));
    await running.serves(version);
  }
  t.match(await running.status(), { revision: 4, reloads: { accepted: 4, refused: 0 }, lastRefusal: null });
});

test('serves the next document after it was written over the old one', async (t) => {
  const running = await runGateway(t, documentOf('one'));
  await writeFile(running.file, documentOf('two'));
  await running.serves('two');
});

test('serves the next document after a ..data link was swapped, as Kubernetes mounts ConfigMaps', async (t) => {
  const folder = t.testdir({ '..v1': { 'gateway.yaml': documentOf('one') } });
  const mount = async (version: string) => {
    await symlink(`..${version}`, join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  };
  await mount('v1');
  await symlink('..data/gateway.yaml', join(folder, 'gateway.yaml'));
  const running = await runGateway(t, '', { file: join(folder, 'gateway.yaml') });
  for (const version of ['v2', 'v3']) {
    await mkdir(join(folder, `..${version}`));
    await writeFile(join(folder, `..${version}`, 'gateway.yaml'), documentOf(version));
    await mount(version);
    await running.serves(version);
  }
  await rm(join(folder, '..v1'), { recursive: true });
  t.equal(await running.version(), 'v3');
});

test('keeps serving while the file is deleted, says so, and serves what is made in its place', async (t) => {
  const running = await runGateway(t, documentOf('one'));
  await unlink(running.file);
  t.match(await running.refusal(1), { issues: [{ code: 'source/unreadable', file: running.file }] });
  t.equal(await running.version(), 'one');
  await writeFile(running.file, documentOf('two'));
  await running.serves('two');
  t.match(await running.status(), { lastRefusal: null });
});

test('serves the last document of a burst and builds few of the others', async (t) => {
  const running = await runGateway(t, documentOf('first'));
  // Without pauses, whatever the machine does meanwhile.
  for (let at = 0; at < 200; at += 1) {
    writeFileSync(`${running.file}.new`, documentOf(`burst-${at}`));
    renameSync(`${running.file}.new`, running.file);
    await turn();
  }
  await running.serves('burst-199');
  const { reloads } = await running.status();
  t.ok(reloads.accepted < 20, `${reloads.accepted} builds for 200 writes`);
  t.equal(reloads.refused, 0);
});

test('does not build an unchanged document', async (t) => {
  const running = await runGateway(t, documentOf('one'));
  await running.write(documentOf('one'));
  await delay(300);
  t.match(await running.status(), { revision: 1, reloads: { accepted: 1 } });
});

test('builds a flapping document each time', async (t) => {
  const running = await runGateway(t, documentOf('a'));
  for (const version of ['b', 'a', 'b', 'a']) {
    await running.write(documentOf(version));
    await running.serves(version);
  }
  t.match(await running.status(), { revision: 5, reloads: { accepted: 5 } });
});

test('leaves no retired snapshot behind', async (t) => {
  const running = await runGateway(t, documentOf('first'));
  for (const version of ['a', 'b', 'c']) {
    await running.write(documentOf(version));
    await running.serves(version);
  }
  await until(async () => (await running.status()).liveSnapshots === 1, 'a retired snapshot stays');
});

test('says that a restart is needed when the server section changes, and reloads the rest', async (t) => {
  const running = await runGateway(t, documentOf('one'));
  await running.write(documentOf('two').replace('server:\n', 'server:\n  name: other\n  drainTimeout: 5s\n'));
  await running.serves('two');
  t.match(await running.status(), {
    restartNeeded: true,
    warnings: [{ code: 'control/restart-needed', message: /^server: drainTimeout, name changed/ }],
  });
  await running.write(documentOf('three'));
  await running.serves('three');
  t.match(await running.status(), { restartNeeded: false, warnings: [] });
});

test('reloads a document above 64 KiB, which is checked in a worker thread', async (t) => {
  const running = await runGateway(t, documentOf('small'));
  const long = `# ${'x'.repeat(100 * 1024)}\n`;
  await running.write(documentOf('large', long));
  await running.serves('large');
  await running.write(documentOf('worse', `${long}unknown: 1\n`));
  t.match(await running.refusal(3), { issues: [{ file: running.file, line: 12 }] });
  t.equal(await running.version(), 'large');
  await running.write(documentOf('small again'));
  await running.serves('small again');
});

test('two gateways in one process reload each on its own', async (t) => {
  const folder = t.testdir({ 'a.yaml': documentOf('a'), 'b.yaml': documentOf('b') });
  const a = await runGateway(t, '', { file: join(folder, 'a.yaml') });
  const b = await runGateway(t, '', { file: join(folder, 'b.yaml') });
  await a.write(documentOf('a2'));
  await a.serves('a2');
  t.equal(await b.version(), 'b');
  await a.gateway.close();
  t.equal(await b.version(), 'b');
});
