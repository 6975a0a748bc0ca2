import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'tap';
import type { Test } from 'tap';
import { Trials } from '../src/trials.ts';

function fileFor(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'postern-trials-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'below', 'last-good.json.trials');
}

/** A process that begins, and does not say how it ended unless asked to. */
async function processOn(file: string, version = '1'): Promise<Trials> {
  const trials = new Trials(file, version);
  await trials.load();
  return trials;
}

async function dieOf(file: string, digest: string, version = '1'): Promise<void> {
  await (await processOn(file, version)).begin(digest);
}

test('a document is deadly once three processes ended with it on trial', async (t) => {
  const file = fileFor(t);
  for (const deadly of [false, false, false]) {
    t.equal((await processOn(file)).isDeadly('a'), deadly);
    await dieOf(file, 'a');
  }
  t.equal((await processOn(file)).isDeadly('a'), true);
  t.equal((await processOn(file)).isDeadly('b'), false);
});

test('a document that passed is forgotten, and the file goes with the last one', async (t) => {
  const file = fileFor(t);
  for (const digest of ['a', 'a', 'b']) await dieOf(file, digest);
  const trials = await processOn(file);
  await trials.passed('a');
  t.notMatch(readFileSync(file, 'utf8'), '"a"');
  await trials.passed('b');
  t.notOk(existsSync(file));
});

test('what was refused or overtaken is not on trial, and keeps its deaths', async (t) => {
  const file = fileFor(t);
  await dieOf(file, 'a');
  const trials = await processOn(file);
  for (const digest of ['a', 'b', 'c']) await trials.begin(digest);
  await trials.onlyOn('b');
  t.same(JSON.parse(readFileSync(file, 'utf8')).documents, [
    { digest: 'b', deaths: 0, onTrial: true },
    { digest: 'a', deaths: 1, onTrial: false },
  ]);
  await trials.onlyOn(undefined);
  t.same(JSON.parse(readFileSync(file, 'utf8')).documents, [{ digest: 'a', deaths: 1, onTrial: false }]);
});

test('another version of the program begins to count anew', async (t) => {
  const file = fileFor(t);
  for (let times = 0; times < 3; times += 1) await dieOf(file, 'a');
  t.equal((await processOn(file, '2')).isDeadly('a'), false);
});

test('a file that is no record remembers nothing', async (t) => {
  const file = fileFor(t);
  await dieOf(file, 'a');
  for (const text of ['', '{', 'null', '[]', '{"version":"1"}', '{"version":"1","documents":[null,{"digest":1}]}']) {
    writeFileSync(file, text);
    t.equal((await processOn(file)).isDeadly('a'), false, text);
  }
});

test('the 64 newest are remembered', async (t) => {
  const file = fileFor(t);
  const trials = await processOn(file);
  for (let at = 0; at < 100; at += 1) await trials.begin(`d${at}`);
  const { documents } = JSON.parse(readFileSync(file, 'utf8'));
  t.equal(documents.length, 64);
  t.equal(documents.at(-1).digest, 'd99');
});

test('a disk that does not take it is an error, and the next write is tried all the same', async (t) => {
  const file = fileFor(t);
  const trials = await processOn(file);
  writeFileSync(join(file, '..'), 'a file where the folder should be');
  await t.rejects(trials.begin('a'), { code: /EEXIST|ENOTDIR/ });
  rmSync(join(file, '..'));
  await trials.begin('b');
  t.match(readFileSync(file, 'utf8'), /"a".*"b"/);
});
