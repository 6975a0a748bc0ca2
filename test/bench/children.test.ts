import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { Children } from '../../bench/run/children.ts';
import { treeOf, usageOf } from '../../bench/run/usage.ts';
import { until } from '../kit/until.ts';

const children = new Children();
const parent = { command: 'bash', words: ['-c', 'cat note; sleep 60 & sleep 60; true'], files: { note: 'hello' } };

function runs(pid: number): boolean {
  // A zombie that nobody has waited for is a process no more.
  return treeOf(pid).length > 1 || usageOf(pid).rss > 0;
}

test('a process is ended with those that it started, and its folder goes', async (t) => {
  const child = children.start('parent', parent);
  await until(async () => treeOf(child.pid).length === 3 && child.output() === 'hello', 'it starts no children');
  const family = treeOf(child.pid);
  t.ok(usageOf(child.pid).rss > 0);
  t.equal(child.ended(), undefined);
  await child.end();
  await until(async () => !family.some(runs), 'some of them run on');
  t.equal(child.ended(), 'ended with SIGKILL');
  t.notOk(existsSync(child.folder));
});

test('a program that is not there is told by how it ended', async (t) => {
  const child = children.start('none', { command: 'no-such-program', words: [], files: {} });
  await until(async () => child.ended() !== undefined, 'it does not end');
  t.match(child.ended(), 'ENOENT');
  await child.end();
});

test('processor time is counted as it is spent', async (t) => {
  const before = usageOf(process.pid).microseconds;
  const begun = process.cpuUsage();
  while (process.cpuUsage(begun).user < 50_000);
  const spent = usageOf(process.pid).microseconds - before;
  t.ok(spent >= 40_000, `${spent} microseconds of at least 50,000`);
});

test('processor time of children that ended stays with their parent', async (t) => {
  const words = ['-c', 'for at in 1 2 3; do bash -c "for ((n = 0; n < 60000; n++)); do :; done"; done; sleep 60'];
  const child = children.start('spender', { command: 'bash', words, files: {} });
  await until(async () => usageOf(child.pid).microseconds >= 60_000, 'what the children spent is not counted');
  t.ok(usageOf(child.pid).microseconds >= 60_000);
  await child.end();
});

test('at the end everything is ended at once', async (t) => {
  const child = children.start('parent', parent);
  await until(async () => treeOf(child.pid).length === 3, 'it starts no children');
  children.endNow();
  await delay(20);
  await until(async () => child.ended() !== undefined, 'it runs on');
  t.notOk(existsSync(child.folder));
});

test('what a killed bench leaves behind is ended by its guard', async (t) => {
  const bench = spawn(process.execPath, [join(import.meta.dirname, 'killed-bench.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(bench.stdout, 'data');
  const { pid, folder } = JSON.parse(String(line));
  await until(async () => treeOf(pid).length === 2, 'it starts no child');
  const family = treeOf(pid);
  bench.kill('SIGKILL');
  await once(bench, 'exit');
  await until(async () => !family.some(runs) && !existsSync(folder), 'something is left');
  t.pass('nothing is left');
});
