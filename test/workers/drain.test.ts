// P2 and P3 of reliability.md, with several workers.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { Pool } from 'undici';
import { until } from '../kit/until.ts';
import { upstreamFor } from '../kit/upstream.ts';
import { liveOf, lives, workersFor } from '../kit/workers-process.ts';
import type { WorkersProcess } from '../kit/workers-process.ts';

const pidsOf = async (gateway: WorkersProcess): Promise<readonly number[]> =>
  (await gateway.workers()).flatMap(({ pid }) => pid ?? []);

/** Requests, one after the other on each of 16 connections, until connections are refused. */
function clientsOf(url: string) {
  const pool = new Pool(url, { connections: 16, pipelining: 1 });
  const counts = { answered: 0, refused: 0 };
  const lost: string[] = [];
  let stopping = false;
  const client = async (): Promise<void> => {
    for (;;) {
      try {
        const { statusCode, body } = await pool.request({ path: '/', method: 'GET' });
        await body.dump();
        if (statusCode === 200) counts.answered += 1;
        else lost.push(String(statusCode));
      } catch (error) {
        // A connection that was refused carried no request: only what was let in can be lost.
        if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED' && stopping) counts.refused += 1;
        else lost.push(String(error));
        if (stopping) return;
      }
    }
  };
  const clients = Array.from({ length: 16 }, client);
  return {
    counts,
    lost,
    async end(): Promise<void> {
      await Promise.all(clients);
      await pool.destroy();
    },
    stop: () => void (stopping = true),
  };
}

for (const [signal, toAll] of [
  ['SIGTERM', false],
  ['SIGINT', true],
] as const)
  test(`on ${signal}${toAll ? ' to the whole group' : ''} under load no request is lost, and the program ends with 0`, async (t) => {
    const upstream = await upstreamFor(t, (_request, response) => void setTimeout(() => response.end('ok'), 5));
    const live = liveOf('1').replace('builtin: echo', `targets: ["${upstream.url}"]`);
    const gateway = await workersFor(t, { live, server: '  drainTimeout: 10s\n' });
    const workers = await pidsOf(gateway);
    const clients = clientsOf(gateway.url);
    await until(async () => clients.counts.answered >= 300, 'nothing is answered');
    clients.stop();
    // As a terminal does: the workers have it before or after the primary, as chance has it.
    for (const pid of toAll ? workers : []) process.kill(pid, signal);
    gateway.run.child.kill(signal);
    t.equal(await gateway.run.ended, 0);
    await clients.end();
    t.same(clients.lost, [], `${clients.counts.answered} answered, ${clients.counts.refused} refused at the door`);
    t.notOk(workers.some(lives), 'no worker is left');
    t.match(gateway.run.out(), '"msg":"drained"');
  });

test('a drain ends at its limit when a request hangs, and takes every worker with it', async (t) => {
  const upstream = await upstreamFor(t, () => undefined);
  const live = liveOf('1').replace('builtin: echo', `targets: ["${upstream.url}"]`);
  const gateway = await workersFor(t, { live, server: '  drainTimeout: 500ms\n' });
  const workers = await pidsOf(gateway);
  const pending = fetch(gateway.url).catch(() => 'cut');
  await until(async () => upstream.seen.length === 1, 'the request does not come');
  gateway.run.child.kill('SIGTERM');
  t.equal(await gateway.run.ended, 0);
  t.equal(await pending, 'cut');
  t.notOk(workers.some(lives));
});

test('a second signal ends the primary and its workers at once', async (t) => {
  const upstream = await upstreamFor(t, () => undefined);
  const live = liveOf('1').replace('builtin: echo', `targets: ["${upstream.url}"]`);
  const gateway = await workersFor(t, { live, server: '  drainTimeout: 10m\n' });
  const workers = await pidsOf(gateway);
  const pending = fetch(gateway.url).catch(() => 'cut');
  await until(async () => upstream.seen.length === 1, 'the request does not come');
  gateway.run.child.kill('SIGTERM');
  await until(async () => gateway.run.out().includes('draining'), 'it does not drain');
  gateway.run.child.kill('SIGTERM');
  t.equal(await gateway.run.ended, 1);
  t.equal(await pending, 'cut');
  await until(async () => !workers.some(lives), 'a worker is left');
});

test('workers do not end by signals of their own', async (t) => {
  const gateway = await workersFor(t, { live: liveOf('1') });
  const before = await pidsOf(gateway);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) for (const pid of before) process.kill(pid, signal);
  await delay(300);
  t.same(await pidsOf(gateway), before);
  t.equal(await gateway.version(), '1');
});

test('when the primary is killed its workers let what is in flight end, then end, and the port is free', async (t) => {
  const held: (() => void)[] = [];
  const upstream = await upstreamFor(t, (_request, response) => void held.push(() => void response.end('late')));
  const live = liveOf('1').replace('builtin: echo', `targets: ["${upstream.url}"]`);
  const gateway = await workersFor(t, { live });
  const workers = await pidsOf(gateway);
  const pending = fetch(gateway.url);
  await until(async () => held.length === 1, 'the request does not come');
  gateway.run.child.kill('SIGKILL');
  await once(gateway.run.child, 'exit');
  await until(
    async () =>
      fetch(gateway.url, { signal: AbortSignal.timeout(1_000) }).then(
        () => false,
        ({ cause }: { cause?: { code?: string } }) => cause?.code === 'ECONNREFUSED',
      ),
    'new connections are still let in',
  );
  t.ok(workers.some(lives), 'the one with the request goes on');
  for (const end of held) end();
  t.equal(await (await pending).text(), 'late');
  await until(async () => !workers.some(lives), 'a worker is left');
});
