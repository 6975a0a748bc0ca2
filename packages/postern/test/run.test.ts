import { once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { freePort } from '../../../test/kit/free-port.ts';
import { GOOD } from './documents.ts';
import { run, start, startLine } from './spawn.ts';
import type { Run, Start } from './spawn.ts';

function startRun(t: { teardown(end: () => unknown): void }, options: Start): Run {
  const started = start(['run'], options);
  t.teardown(() => started.child.kill('SIGKILL'));
  return started;
}

test('serves, says where, logs a line per exchange, and exits 0 after SIGTERM and SIGINT', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const started = startRun(t, { cwd: t.testdir({ 'gateway.yaml': GOOD }) });
    const { listeners, admin, revision, msg } = await startLine(started);
    const [{ port } = { port: 0 }] = listeners;
    t.equal(revision, 1);
    t.match(
      msg,
      `serves gateway.yaml revision 1 on http://127.0.0.1:${port} (public); admin http://127.0.0.1:${admin.port}`,
    );
    const answer = await fetch(`http://127.0.0.1:${port}/shop/items`);
    t.equal(answer.headers.get('x-tag'), 'yes-it-is');
    await answer.text();
    t.equal((await fetch(`http://127.0.0.1:${admin.port}/readyz`)).status, 200);
    started.child.kill(signal);
    t.equal(await started.ended, 0);
    const lines = started
      .out()
      .trimEnd()
      .split('\n')
      .map((line): Record<string, unknown> => JSON.parse(line));
    t.match(
      lines.find((line) => line['route'] === 'list'),
      { method: 'GET', path: '/shop/items', status: 200, upstream: 'up' },
    );
    t.match(lines.at(-1), { msg: 'drained' });
    t.equal(started.err(), '');
  }
});

test('lets a request in flight end before it exits, is not ready meanwhile, and a second signal ends it at once', async (t) => {
  const held: ServerResponse[] = [];
  const upstream = createServer((_request, response) => void held.push(response)).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  t.teardown(() => upstream.closeAllConnections());
  t.teardown(() => upstream.close());
  const { port: behind } = upstream.address() as AddressInfo;
  const text = GOOD.replace('builtin: echo', `targets: ["http://127.0.0.1:${behind}"]`);

  for (const ending of ['an answer', 'a second signal'] as const) {
    const started = startRun(t, { cwd: t.testdir({ 'gateway.yaml': text }) });
    const { listeners, admin } = await startLine(started);
    const answer = fetch(`http://127.0.0.1:${listeners[0]?.port}/shop/items`).then(
      (response) => response.text(),
      () => 'failed',
    );
    while (held.length === 0) await delay(5);
    started.child.kill('SIGTERM');
    while ((await fetch(`http://127.0.0.1:${admin.port}/readyz`)).status !== 503) await delay(5);
    t.equal(started.child.exitCode, null);
    if (ending === 'an answer') held.pop()?.end('late but whole');
    else started.child.kill('SIGTERM');
    t.equal(await answer, ending === 'an answer' ? 'late but whole' : 'failed');
    t.equal(await started.ended, ending === 'an answer' ? 0 : 1);
    held.length = 0;
  }
});

test('reloads when the file changes, and keeps serving when the change is bad', async (t) => {
  const cwd = t.testdir({ 'gateway.yaml': GOOD });
  const started = startRun(t, { cwd });
  const { listeners } = await startLine(started);
  const tag = async () => (await fetch(`http://127.0.0.1:${listeners[0]?.port}/shop/items`)).headers.get('x-tag');
  const write = async (text: string) => {
    await writeFile(join(cwd, 'new'), text);
    await rename(join(cwd, 'new'), join(cwd, 'gateway.yaml'));
  };
  await write(`${GOOD}polices: []\n`);
  while (!started.out().includes('is refused')) await delay(10);
  t.match(started.out(), /"msg":"gateway\.yaml:18:1: error: [^"]*(?:\\"[^"]*)*\[[a-z-]+\/[a-z-]+\]\\n {2}fix: /);
  t.equal(await tag(), 'yes-it-is');
  await write(GOOD.replace('yes-it-is', 'mended'));
  while ((await tag()) !== 'mended') await delay(10);
  started.child.kill('SIGTERM');
  t.equal(await started.ended, 0);
});

test('exits 1 with a clear message when an address is taken: a listener, the admin port', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.teardown(() => other.close());
  const { port } = other.address() as AddressInfo;
  for (const text of [
    GOOD.replace('public, address: 127.0.0.1:0', `public, address: 127.0.0.1:${port}`),
    GOOD.replace('admin: { address: 127.0.0.1:0', `admin: { address: 127.0.0.1:${port}`),
  ]) {
    const { code, err } = await run(['run'], { cwd: t.testdir({ 'gateway.yaml': text }) });
    t.equal(code, 1);
    t.equal(
      err,
      `postern: 127.0.0.1:${port} is in use\n  fix: end the program that listens there, or set another address in gateway.yaml: server.listen for requests, server.admin.address for the admin port\n`,
    );
  }
});

test('exits 1 when there is no such file', async (t) => {
  t.match(await run(['run', 'nowhere.yaml'], { cwd: t.testdir({}) }), {
    code: 1,
    err: /^nowhere\.yaml:1:1: error: nowhere\.yaml does not exist \[source\/unreadable\]\n {2}fix: create the file/,
  });
});

test('logs nothing but warnings and errors when told to, and nothing of a request', async (t) => {
  // Without a start line nothing tells which one it took.
  const port = await freePort();
  const text = GOOD.replace('public, address: 127.0.0.1:0', `public, address: 127.0.0.1:${port}`);
  const started = startRun(t, { cwd: t.testdir({ 'gateway.yaml': text }), environment: { POSTERN_LOG_LEVEL: 'warn' } });
  const status = () =>
    fetch(`http://127.0.0.1:${port}/shop/items`).then(
      (answer) => answer.status,
      () => 0,
    );
  while ((await status()) !== 200) await delay(20);
  started.child.kill('SIGTERM');
  t.equal(await started.ended, 0);
  // Whatever Node these tests run on may be under its floor.
  t.equal(started.out().replaceAll(/^.*"code":"version\/under-floor".*\n/gm, ''), '');
});

test('goes on when nobody reads its log any more', async (t) => {
  const started = startRun(t, { cwd: t.testdir({ 'gateway.yaml': GOOD }) });
  const { listeners } = await startLine(started);
  started.child.stdout?.destroy();
  for (let at = 0; at < 50; at += 1) {
    t.equal((await fetch(`http://127.0.0.1:${listeners[0]?.port}/shop/items`)).status, 200);
  }
  started.child.kill('SIGTERM');
  t.equal(await started.ended, 0);
});

test('is not kept alive by an idle socket that was opened in advance', async (t) => {
  const started = startRun(t, { cwd: t.testdir({ 'gateway.yaml': GOOD }) });
  const { listeners } = await startLine(started);
  const socket = connect(listeners[0]?.port ?? 0, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const begun = performance.now();
  started.child.kill('SIGTERM');
  t.equal(await started.ended, 0);
  t.ok(performance.now() - begun < 25_000, `within the limit of a drain: ${performance.now() - begun} ms`);
  socket.destroy();
});
