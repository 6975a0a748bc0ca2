import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'tap';
import { Pool } from 'undici';
import { start, startLine } from '../../packages/postern/test/spawn.ts';
import { FROM_INSIDE, SERVER, gatewayFor } from '../kit/gateway.ts';
import { upstreamFor } from '../kit/upstream.ts';

/** A machine may be busy: only the test of the limit comes to it. */
function documentOf(upstream: string): string {
  return `${SERVER.replace('drainTimeout: 2s', 'drainTimeout: 1m')}
upstreams: [{ name: up, targets: ["${upstream}"] }]
apiGroups: [{ name: api, upstream: up }]
`;
}

test('a drain lets requests in flight end and tells their clients to connect elsewhere', async (t) => {
  const held: ServerResponse[] = [];
  const upstream = await upstreamFor(t, (_request, response) => void held.push(response));
  const gateway = await gatewayFor(t, documentOf(upstream.url));
  const pending = fetch(`http://127.0.0.1:${gateway.port()}/`);
  while (held.length === 0) await wait(5);
  let ended = false;
  const drained = gateway.drain().then(() => (ended = true));
  t.equal(gateway.cell.status().ready, false, 'readiness goes down at once');
  await wait(300);
  t.equal(ended, false, 'the drain waits for the answer');
  held[0]?.end('done');
  const answer = await pending;
  t.equal(await answer.text(), 'done');
  t.equal(answer.headers.get('connection'), 'close');
  await drained;
  await t.rejects(fetch(`http://127.0.0.1:${gateway.port()}/`), 'nothing new is let in');
});

test('a request that arrives on a kept connection as the drain begins is answered', async (t) => {
  const upstream = await upstreamFor(t);
  const gateway = await gatewayFor(t, documentOf(upstream.url));
  const socket = connect(gateway.port(), '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => void (text += chunk.toString()));
  socket.write('GET /1 HTTP/1.1\r\nHost: h\r\n\r\n');
  while (!text.includes('ok')) await wait(5);
  const drained = gateway.drain();
  text = '';
  socket.write('GET /2 HTTP/1.1\r\nHost: h\r\n\r\n');
  await once(socket, 'close');
  t.match(text, /^HTTP\/1\.1 200 OK\r\n/);
  // A worker hears of the drain a moment later.
  if (FROM_INSIDE) t.match(text.toLowerCase(), 'connection: close');
  await drained;
});

test(
  'a request that comes while the program gets no turn, in the midst of its drain, is answered',
  { skip: !FROM_INSIDE && 'only one process of several would be stopped' },
  async (t) => {
    const upstream = await upstreamFor(t);
    const folder = t.testdir({ 'gateway.yaml': documentOf(upstream.url) });
    const running = start(['run'], { cwd: folder });
    const { child: program } = running;
    t.teardown(() => void program.kill('SIGKILL'));
    const { listeners } = await startLine(running);
    const socket = connect(listeners[0]?.port ?? 0, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk: Buffer) => void (text += chunk.toString()));
    socket.on('error', (error) => void (text += String(error)));
    socket.write('GET /1 HTTP/1.1\r\nHost: h\r\n\r\n');
    while (!text.includes('ok')) await wait(5);
    program.kill('SIGTERM');
    while (!running.out().includes('SIGTERM')) await wait(5);
    program.kill('SIGSTOP');
    text = '';
    socket.write('GET /2 HTTP/1.1\r\nHost: h\r\n\r\n');
    // Longer than the quiet moment after which idle connections end.
    await wait(1000);
    program.kill('SIGCONT');
    await once(socket, 'close');
    t.match(text, /^HTTP\/1\.1 200 OK\r\n/);
    t.equal(await running.ended, 0);
  },
);

test('a drain ends at its limit when a request hangs', async (t) => {
  const upstream = await upstreamFor(t, () => undefined);
  const gateway = await gatewayFor(t, documentOf(upstream.url).replace('drainTimeout: 1m', 'drainTimeout: 400ms'));
  const pending = fetch(`http://127.0.0.1:${gateway.port()}/`).catch(() => 'cut');
  while (upstream.seen.length === 0) await wait(5);
  const begun = performance.now();
  await gateway.drain();
  t.ok(performance.now() - begun < 15_000, 'half of what the gateway waits for an upstream');
  t.equal(await pending, 'cut');
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`on ${signal} under load the program loses no request and exits with 0`, async (t) => {
    const upstream = await upstreamFor(t, (_request, response) => void setTimeout(() => response.end('ok'), 5));
    const folder = mkdtempSync(join(tmpdir(), 'postern-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'gateway.yaml');
    writeFileSync(file, documentOf(upstream.url));
    const running = start(['run', file], { cwd: folder });
    const { child: program } = running;
    t.teardown(() => void program.kill('SIGKILL'));
    const { listeners } = await startLine(running);
    const pool = new Pool(`http://127.0.0.1:${listeners[0]?.port}`, { connections: 16, pipelining: 1 });
    let [answered, lost, refused, stopping] = [0, 0, 0, false];
    const client = async (): Promise<void> => {
      for (;;) {
        try {
          const { statusCode, body } = await pool.request({ path: '/', method: 'GET' });
          await body.dump();
          if (statusCode === 200) answered += 1;
          else lost += 1;
        } catch (error) {
          // A connection that was refused carried no request: only what was let in can be lost.
          if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED' && stopping) refused += 1;
          else lost += 1;
          if (stopping) return;
        }
      }
    };
    const clients = Array.from({ length: 16 }, client);
    while (answered < 500) await wait(5);
    stopping = true;
    program.kill(signal);
    const [code] = await once(program, 'exit');
    await Promise.all(clients);
    await pool.destroy();
    t.equal(code, 0);
    t.equal(lost, 0, `${answered} answered, ${lost} lost, ${refused} refused at the door`);
    t.ok(answered >= 500);
  });
}
