// P4 of reliability.md: a new program takes over from an old one on sockets that neither of them owns.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'tap';
import type { Test } from 'tap';
import { start, startLine } from '../../packages/postern/test/spawn.ts';
import type { Run } from '../../packages/postern/test/spawn.ts';
import { freePort } from '../kit/free-port.ts';
import { holdPorts } from '../kit/held-port.ts';
import { steadyLoad } from '../kit/steady-load.ts';
import { until } from '../kit/until.ts';
import { liveOf } from '../kit/workers-process.ts';

function folderOf(t: Test, server: string, version = '1'): string {
  return t.testdir({
    'gateway.yaml': `server:\n  admin: { address: 127.0.0.1:0 }\n  drainTimeout: 30s\n${server}${liveOf(version)}`,
  });
}

const PROGRAM = fileURLToPath(new URL('../../packages/postern/bin/postern.mjs', import.meta.url));
const LISTEN = '  listen: [{ name: public, address: 127.0.0.1:0 }]\n';

async function versionOf(port: number): Promise<string | null> {
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
  await answer.text();
  return answer.headers.get('x-version');
}

async function serves(run: Run): Promise<void> {
  const { admin } = await startLine(run);
  await until(async () => (await fetch(`http://127.0.0.1:${admin.port}/readyz`)).status === 200, 'not ready');
}

for (const workers of [1, 2])
  test(`P4 programs that follow one another on one socket lose no request (workers: ${workers})`, async (t) => {
    const held = holdPorts(t);
    const [port = 0] = held.ports;
    const folder = folderOf(t, `  workers: ${workers}\n${LISTEN}`);
    let old = held.start(folder);
    await serves(old);
    const load = steadyLoad(`http://127.0.0.1:${port}`, 300);
    for (const version of ['2', '3', '4']) {
      writeFileSync(
        join(folder, 'gateway.yaml'),
        `server:\n  admin: { address: 127.0.0.1:0 }\n  drainTimeout: 30s\n  workers: ${workers}\n${LISTEN}${liveOf(version)}`,
      );
      const next = held.start(folder);
      await serves(next);
      old.child.kill('SIGTERM');
      t.equal(await old.ended, 0);
      t.equal(await versionOf(port), version);
      old = next;
    }
    const { sent, lost } = await load.stop();
    t.same(lost, [], `of ${sent}`);
    t.ok(sent > 300);
    // Between two programs connections wait; none is refused.
    old.child.kill('SIGTERM');
    t.equal(await old.ended, 0);
    const waiting = versionOf(port);
    const last = held.start(folder);
    t.equal(await waiting, '4');
    await serves(last);
    last.child.kill('SIGTERM');
    t.equal(await last.ended, 0);
  });

test('sockets come to listeners by name, else in order; a listener without one binds its own', async (t) => {
  const held = holdPorts(t, 2);
  const listen =
    '  listen: [{ name: one, address: 127.0.0.1:0 }, { name: two, address: 127.0.0.1:0 }, { name: three, address: 127.0.0.1:0 }]\n';
  const folder = folderOf(t, listen);
  for (const [names, order] of [
    ['', [0, 1, undefined]],
    ['postern.socket:postern.socket', [0, 1, undefined]],
    ['three:one', [1, undefined, 0]],
  ] as const) {
    const run = held.start(folder, names === '' ? {} : { LISTEN_FDNAMES: names });
    const { listeners } = await startLine(run);
    t.same(
      listeners.map(({ port }) => (held.ports.includes(port) ? held.ports.indexOf(port) : undefined)),
      order,
      names,
    );
    run.child.kill('SIGTERM');
    t.equal(await run.ended, 0);
  }
});

test('a socket that no listener takes keeps the program from starting, and says how to mend it', async (t) => {
  const held = holdPorts(t, 2);
  for (const [names, which] of [
    ['', /passed as descriptor 4/],
    ['public:other', /passed as 4 \(other\)/],
  ] as const) {
    const run = held.start(folderOf(t, LISTEN), names === '' ? {} : { LISTEN_FDNAMES: names });
    t.equal(await run.ended, 1);
    t.match(run.err(), which);
    t.match(run.err(), /fix: name sockets as the listeners/);
  }
});

test('sockets that are meant for another process are left alone', async (t) => {
  const held = holdPorts(t);
  // The shell of the kit would set its own number.
  const folder = folderOf(t, LISTEN);
  const run = start(['run'], { cwd: folder, environment: { LISTEN_FDS: '1', LISTEN_PID: String(process.pid) } });
  t.teardown(() => void run.child.kill('SIGKILL'));
  const { listeners } = await startLine(run);
  t.notOk(held.ports.includes(listeners[0]?.port ?? 0));
  run.child.kill('SIGTERM');
  t.equal(await run.ended, 0);
});

test(
  'systemd’s own tool passes a socket that the program takes',
  { skip: !existsSync('/usr/bin/systemd-socket-activate') && 'systemd-socket-activate is not here' },
  async (t) => {
    const port = await freePort();
    const folder = folderOf(t, LISTEN);
    const words = [`--listen=127.0.0.1:${port}`, '--fdname=public', process.execPath, PROGRAM, 'run'];
    const child = spawn('/usr/bin/systemd-socket-activate', words, { cwd: folder, stdio: 'ignore' });
    t.teardown(() => void child.kill('SIGKILL'));
    // It starts the program when the first connection comes, which waits.
    await until(async () => (await versionOf(port).catch(() => undefined)) === '1', 'it does not serve');
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    t.same(await ended, [0, null]);
  },
);
