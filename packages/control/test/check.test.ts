import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { check, warmUp } from '@postern/control';
import type { CheckSettings } from '@postern/control';
import type { SourceText } from '@postern/model';
import { test } from 'tap';
import { documentOf } from './bench.ts';

const SETTINGS: CheckSettings = { plugins: [], variables: {}, unresolved: 'error' };

function sourceOf(text: string): SourceText {
  return { text: new TextEncoder().encode(text), origin: 'test.yaml', revision: 1 };
}

/** A comment that takes a text over the limit of 64 KiB. */
const LONG = `# ${'x'.repeat(64 * 1024)}\n`;

test('says the same of a text in this thread and in a worker thread', async (t) => {
  for (const text of [documentOf('one'), `${documentOf('one')}unknown: 1\n`, 'broken: [\n']) {
    const here = await check(sourceOf(text), SETTINGS);
    const there = await check(sourceOf(`${text}${LONG}`), SETTINGS);
    t.equal(there.kind, here.kind);
    const issues = here.kind === 'refused' ? here.issues.map(({ code, line }) => ({ code, line })) : [];
    if (there.kind === 'refused' && text.startsWith('upstreams')) t.match(there.issues, issues);
  }
});

test('reads the environment it is given and files, in a worker thread too', async (t) => {
  const file = join(t.testdir({}), 'name');
  await writeFile(file, 'from-file\n');
  const text = `upstreams:\n  - { name: "\${env:UP}", builtin: echo }\napiGroups:\n  - { name: "\${file:${file}}", upstream: up }\n`;
  for (const long of ['', LONG]) {
    const checked = await check(sourceOf(`${text}${long}`), { ...SETTINGS, variables: { UP: 'up' } });
    t.match(checked, { kind: 'accepted', value: { upstreams: [{ name: 'up' }], groups: [{ name: 'from-file' }] } });
    t.match(await check(sourceOf(`${text}${long}`), SETTINGS), { kind: 'refused', issues: [{ line: 2 }] });
  }
});

test('reads no directory, no endless file and no pipe as a secret', async (t) => {
  for (const path of [t.testdirName, '/dev/zero', '/nowhere']) {
    const text = documentOf('one').replace('up,', `"\${file:${path}}",`);
    t.match(await check(sourceOf(text), SETTINGS), { kind: 'refused' }, path);
  }
});

test('keeps this thread free while it checks a long text', async (t) => {
  const routes = Array.from({ length: 10_000 }, (_, at) => `      - { name: r${at}, path: /r${at} }\n`).join('');
  const text = documentOf('one').replace(
    / {2}- \{ name: one.*\n/,
    `  - name: one\n    upstream: up\n    routes:\n${routes}`,
  );
  // On a busy machine the scheduler alone makes stalls: the best of a few tries is what the code can do.
  let longest = Infinity;
  for (let tries = 0; tries < 40 && longest >= 100; tries += 1) {
    const stalls = monitorEventLoopDelay({ resolution: 5 });
    stalls.enable();
    const checked = await check(sourceOf(text), SETTINGS);
    stalls.disable();
    t.equal(checked.kind, 'accepted', JSON.stringify(checked.kind === 'refused' ? checked.issues[0] : ''));
    longest = Math.min(longest, stalls.max / 1e6);
  }
  t.ok(longest < 100, `longest stall ${longest} ms, at best`);
});

test('turns a thread that dies into an issue', async (t) => {
  // A getter cannot cross into a thread: what breaks there must not break here.
  const source = { ...sourceOf(`${documentOf('one')}${LONG}`), origin: 'test.yaml', trap: () => undefined };
  t.match(await check(source, SETTINGS), {
    kind: 'refused',
    issues: [{ code: 'control/broke-down', file: 'test.yaml', message: /the thread of the check broke down/ }],
  });
});

test('has a thread ready before the first long text when it was told to, and starts no other for it', async (t) => {
  // The tests above have left theirs: what breaks in a thread ends it.
  const trapped = { ...sourceOf(LONG), trap: () => undefined };
  t.equal((await check(trapped, SETTINGS)).kind, 'refused');
  let threads = 0;
  const count = (): void => void (threads += 1);
  process.on('worker', count);
  t.teardown(() => process.off('worker', count));
  await warmUp(SETTINGS);
  const started = threads;
  t.ok(started > 0);
  t.equal((await check(sourceOf(`${documentOf('one')}${LONG}`), SETTINGS)).kind, 'accepted');
  await warmUp(SETTINGS);
  t.equal(threads, started);
});
