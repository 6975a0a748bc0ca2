import { renameSync, writeFileSync } from 'node:fs';
import { unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { watchFiles } from '@postern/source-file';
import { test } from 'tap';

/** Counts calls; `reached` resolves when there were as many. */
function counter(): { count: number; changed: () => void; reached: (count: number) => Promise<void> } {
  const self = {
    count: 0,
    changed: () => void (self.count += 1),
    async reached(count: number) {
      for (const end = performance.now() + 60_000; self.count < count && performance.now() < end;) await delay(20);
      if (self.count < count) throw new Error(`${self.count} changes, not ${count}`);
    },
  };
  return self;
}

test('tells once of a certificate and its key that are renewed together', async (t) => {
  const folder = t.testdir({ 'tls.crt': 'a', 'tls.key': 'a' });
  const paths = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  const seen = counter();
  const unwatch = watchFiles(paths, seen.changed);
  await delay(100);
  // In one go: on a busy machine there may be a pause between two that are not, and then two changes.
  for (const path of paths) {
    writeFileSync(`${path}.new`, 'b');
    renameSync(`${path}.new`, path);
  }
  await seen.reached(1);
  await delay(300);
  t.equal(seen.count, 1);
  unwatch();
});

test('tells of a deleted file and of its return, and not of a touched one', async (t) => {
  const path = join(t.testdir({ 'tls.crt': 'a' }), 'tls.crt');
  const seen = counter();
  const unwatch = watchFiles([path], seen.changed);
  await delay(100);
  writeFileSync(path, 'a');
  await delay(300);
  t.equal(seen.count, 0);
  await unlink(path);
  await seen.reached(1);
  await writeFile(path, 'a');
  await seen.reached(2);
  unwatch();
});

test('tells nothing after its end, and leaves nothing running', async (t) => {
  const path = join(t.testdir({ 'tls.crt': 'a' }), 'tls.crt');
  const seen = counter();
  watchFiles([path], seen.changed)();
  await writeFile(path, 'b');
  await delay(300);
  t.equal(seen.count, 0);
  await delay(20); // handles close on a later turn of the loop
  t.equal(process.getActiveResourcesInfo().filter((name) => name === 'FSEventWrap').length, 0);
});
