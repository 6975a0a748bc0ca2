import { renameSync, writeFileSync } from 'node:fs';
import { appendFile, mkdir, rename, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { fileSource } from '@postern/source-file';
import { test } from 'tap';
import { read, textOf } from './reading.ts';

test('yields the text at once, with the path as it was written and revision 1', async (t) => {
  const path = relative(process.cwd(), join(t.testdir({ 'gateway.yaml': 'a: 1\n' }), 'gateway.yaml'));
  const reading = read(fileSource(path));
  const event = await reading.next();
  t.match(event, { kind: 'text', origin: path, revision: 1 });
  t.equal(textOf(event), 'a: 1\n');
  await reading.end();
});

test('yields a text that is written over the old one', async (t) => {
  const path = join(t.testdir({ 'gateway.yaml': 'one' }), 'gateway.yaml');
  const reading = read(fileSource(path));
  await reading.next();
  await writeFile(path, 'two');
  const event = await reading.next();
  t.equal(textOf(event), 'two');
  t.match(event, { revision: 2 });
  await reading.end();
});

test('yields a text that comes by an atomic rename, again and again', async (t) => {
  const path = join(t.testdir({ 'gateway.yaml': '0' }), 'gateway.yaml');
  const reading = read(fileSource(path));
  await reading.next();
  for (const text of ['1', '2', '3']) {
    await writeFile(`${path}.tmp`, text);
    await rename(`${path}.tmp`, path);
    t.equal(textOf(await reading.next()), text);
  }
  await reading.end();
});

test('yields a text that comes by the swap of a ..data link, as Kubernetes mounts do it', async (t) => {
  const folder = t.testdir({ '..v1': { 'gateway.yaml': 'one' }, '..v2': { 'gateway.yaml': 'two' } });
  await symlink('..v1', join(folder, '..data'));
  await symlink('..data/gateway.yaml', join(folder, 'gateway.yaml'));
  const reading = read(fileSource(join(folder, 'gateway.yaml')));
  t.equal(textOf(await reading.next()), 'one');
  await symlink('..v2', join(folder, '..data_tmp'));
  await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  await rm(join(folder, '..v1'), { recursive: true });
  t.equal(textOf(await reading.next()), 'two');
  await reading.end();
});

test('sees a link whose target is edited in another folder', async (t) => {
  const folder = t.testdir({ shared: { 'gateway.yaml': 'one' }, own: {} });
  await symlink('../shared/gateway.yaml', join(folder, 'own', 'gateway.yaml'));
  const reading = read(fileSource(join(folder, 'own', 'gateway.yaml')));
  await reading.next();
  await writeFile(join(folder, 'shared', 'gateway.yaml'), 'two');
  t.equal(textOf(await reading.next()), 'two');
  await reading.end();
});

test('says unreadable when the file is deleted, and yields its text when it is made anew', async (t) => {
  const path = join(t.testdir({ 'gateway.yaml': 'one' }), 'gateway.yaml');
  const reading = read(fileSource(path));
  await reading.next();
  await unlink(path);
  t.match(await reading.next(), {
    kind: 'unreadable',
    origin: path,
    message: `${path} does not exist`,
    fix: /create the file/,
  });
  await writeFile(path, 'two');
  t.equal(textOf(await reading.next()), 'two');
  await reading.end();
});

test('says nothing when an editor deletes the file and writes the same text again', async (t) => {
  const path = join(t.testdir({ 'gateway.yaml': 'one' }), 'gateway.yaml');
  const reading = read(fileSource(path));
  await reading.next();
  renameSync(path, `${path}~`);
  writeFileSync(path, 'one');
  t.ok(await reading.quietFor(400));
  await writeFile(path, 'two');
  t.equal(textOf(await reading.next()), 'two');
  await reading.end();
});

test('waits for a file that is absent at start', async (t) => {
  const path = join(t.testdir({}), 'gateway.yaml');
  const reading = read(fileSource(path));
  t.match(await reading.next(), { kind: 'unreadable' });
  await writeFile(path, 'here');
  const event = await reading.next();
  t.equal(textOf(event), 'here');
  t.match(event, { revision: 1 });
  await reading.end();
});

test('waits for a folder that is absent at start, and outlives its folder', async (t) => {
  const folder = join(t.testdir({}), 'etc');
  const path = join(folder, 'gateway.yaml');
  const reading = read(fileSource(path));
  t.match(await reading.next(), { kind: 'unreadable' });
  for (const text of ['one', 'two']) {
    await mkdir(folder);
    await writeFile(path, text);
    t.equal(textOf(await reading.next()), text);
    await rm(folder, { recursive: true });
    t.match(await reading.next(), { kind: 'unreadable' });
  }
  await reading.end();
});

test('yields a file that is written in pieces once, whole', async (t) => {
  const path = join(t.testdir({ 'gateway.yaml': 'old' }), 'gateway.yaml');
  const reading = read(fileSource(path));
  await reading.next();
  let text = '';
  for (let round = 1; round <= 20 && text === ''; round += 1) {
    await truncate(path);
    let longest = 0;
    for (let piece = 0; piece < 8; piece += 1) {
      const start = performance.now();
      await appendFile(path, `line ${piece} of ${round}\n`);
      await delay(10);
      longest = Math.max(longest, performance.now() - start);
    }
    text = textOf(await reading.next());
    // A writer that a busy machine holds up has paused, and what it left may count as whole: that is no try.
    if (longest < 40) break;
    while (!text.includes(`line 7 of ${round}`)) text = textOf(await reading.next());
    text = '';
  }
  t.match(text, /^line 0 of \d+\n[^]*line 7 of \d+\n$/);
  t.ok(await reading.quietFor(300));
  await reading.end();
});

test('yields the last text of a burst and not every one of it', async (t) => {
  const path = join(t.testdir({ 'gateway.yaml': 'old' }), 'gateway.yaml');
  const reading = read(fileSource(path));
  await reading.next();
  for (let at = 0; at < 100; at += 1) {
    writeFileSync(path, `text ${at}`);
    await turn();
  }
  let events = 1;
  while (textOf(await reading.next()) !== 'text 99') events += 1;
  t.ok(events < 10, `${events} events for 100 writes`);
  await reading.end();
});

test('says nothing when the file is touched or written without a change', async (t) => {
  const path = join(t.testdir({ 'gateway.yaml': 'same' }), 'gateway.yaml');
  const reading = read(fileSource(path));
  await reading.next();
  writeFileSync(path, 'same');
  t.ok(await reading.quietFor(400));
  await reading.end();
});

test('is not held up by a busy neighbour in the same folder', async (t) => {
  const folder = t.testdir({ 'gateway.yaml': 'one' });
  const path = join(folder, 'gateway.yaml');
  const reading = read(fileSource(path));
  await reading.next();
  const busy = setInterval(() => void appendFile(join(folder, 'access.log'), 'line\n'), 10);
  t.teardown(() => clearInterval(busy));
  await writeFile(path, 'two');
  t.equal(textOf(await reading.next()), 'two');
  clearInterval(busy);
  await delay(50);
  await reading.end();
});

test('says unreadable for a folder in the place of the file', async (t) => {
  const reading = read(fileSource(t.testdir({})));
  t.match(await reading.next(), { kind: 'unreadable', message: /not a regular file|is a directory/ });
  await reading.end();
});

test('hands over no more of an endless file than shows that it is too long', async (t) => {
  const path = join(t.testdir({ 'gateway.yaml': '' }), 'gateway.yaml');
  await truncate(path, 64 * 1024 * 1024);
  const reading = read(fileSource(path));
  t.equal(textOf(await reading.next()).length, 8 * 1024 * 1024 + 1);
  await reading.end();
});

test('ends with its signal before the first look, and while it waits', async (t) => {
  const path = join(t.testdir({ 'gateway.yaml': 'one' }), 'gateway.yaml');
  await read(fileSource(path)).end();
  const reading = read(fileSource(path));
  await reading.next();
  t.ok(await reading.quietFor(20));
  await reading.end();
  await delay(20); // handles close on a later turn of the loop
  t.equal(process.getActiveResourcesInfo().filter((name) => name === 'FSEventWrap').length, 0);
});
