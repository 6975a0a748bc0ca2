// Rows D1 to D4 of reliability.md, at the file itself.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import type { Test } from 'tap';
import { sized } from '../../../test/kit/sized.ts';
import { readLastGood, writeLastGood } from '../src/last-good.ts';
import type { Kept } from '../src/last-good.ts';

const OF = { bucket: 'postern', key: 'edge' };

function kept(revision: number, text = `text ${revision}`): Kept {
  return { ...OF, created: '2026-01-01', revision, at: '2026-01-02T00:00:00.000Z', value: Buffer.from(text) };
}

function fileFor(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'postern-last-good-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'below', 'last-good.json');
}

async function revisions(file: string): Promise<readonly number[]> {
  return (await readLastGood(file, OF)).kept.map(({ revision }) => revision);
}

test('keeps two generations, and leaves nothing else behind', async (t) => {
  const file = fileFor(t);
  t.same(await readLastGood(file, OF), { kept: [], broken: [] }, 'nothing at first, and no trouble');
  for (const revision of [1, 2, 3]) await writeLastGood(file, kept(revision));
  const { kept: found, broken } = await readLastGood(file, OF);
  t.same(
    found.map(({ value, ...rest }) => ({ ...rest, value: Buffer.from(value) })),
    [kept(3), kept(2)],
  );
  t.same(broken, []);
  t.same(readdirSync(join(file, '..')).sort(), ['last-good.json', 'last-good.json.previous']);
});

test('takes no document of another bucket or key', async (t) => {
  const file = fileFor(t);
  await writeLastGood(file, { ...kept(1), key: 'other' });
  await writeLastGood(file, { ...kept(2), bucket: 'other' });
  const { kept: found, broken } = await readLastGood(file, OF);
  t.same(found, []);
  t.match(broken, [/is of bucket other and key edge$/, /is of bucket postern and key other$/]);
});

test('D4: each flipped byte and each cut is noticed, and the generation before is taken', async (t) => {
  const file = fileFor(t);
  await writeLastGood(file, kept(1));
  await writeLastGood(file, kept(2));
  const good = readFileSync(file);
  let wrong = 0;
  const holds = async (bytes: Buffer): Promise<void> => {
    writeFileSync(file, bytes);
    const { kept: found, broken } = await readLastGood(file, OF);
    if (found.length !== 1 || found[0]?.revision !== 1 || broken.length !== 1) wrong += 1;
  };
  for (let at = 0; at < good.length; at += 1) {
    const flipped = Buffer.from(good);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
    await holds(flipped);
    await holds(good.subarray(0, at));
  }
  t.equal(wrong, 0, `of ${2 * good.length} ways to break it`);
  await writeLastGood(file, kept(3));
  t.same(await revisions(file), [3, 1], 'a corrupt generation does not push a good one out');
});

test('D3: a process killed at any moment of a write leaves a document that can be read', async (t) => {
  const file = fileFor(t);
  const script = `
    const { writeLastGood } = await import(${JSON.stringify(new URL('../src/last-good.ts', import.meta.url).href)});
    for (let revision = 1; ; revision += 1) {
      await writeLastGood(${JSON.stringify(file)}, { bucket: 'postern', key: 'edge', created: 'c', revision, at: 'a', value: Buffer.alloc(50_000, revision) });
      if (revision === 1) console.log('begun');
    }`;
  const rounds = sized(15, 1000);
  for (let round = 0; round < rounds; round += 1) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    if (round === 0) await once(child.stdout, 'data');
    await delay(60 + Math.random() * 60);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { kept: found, broken } = await readLastGood(file, OF);
    t.ok(found.length > 0, `round ${round}: revision ${found[0]?.revision}`);
    t.same(broken, []);
  }
});

test('D1, D2: a disk that takes nothing is told, and what was there stays', async (t) => {
  const file = fileFor(t);
  await writeLastGood(file, kept(1));
  rmSync(file);
  mkdirSync(join(file, 'not-empty'), { recursive: true });
  await t.rejects(writeLastGood(file, kept(2)), 'a folder in place of the file');
  t.match((await readLastGood(file, OF)).broken, [/cannot be read/]);
  rmSync(file, { recursive: true });
  writeFileSync(join(file, '..', 'file'), '');
  await t.rejects(writeLastGood(join(file, '..', 'file', 'last-good.json'), kept(2)), 'a file in place of the folder');
  t.same(readdirSync(join(file, '..')), ['file'], 'no draft is left behind');
});
