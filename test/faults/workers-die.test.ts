// P1 of reliability.md: a worker that dies costs what was in flight in it and nothing else.
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'tap';
import { Agent, request } from 'undici';
import { steadyLoad } from '../kit/steady-load.ts';
import { until } from '../kit/until.ts';
import { upstreamFor } from '../kit/upstream.ts';
import { liveOf, signalWorker, workersFor } from '../kit/workers-process.ts';

/** Connections of the steady load: no more requests can be in flight, and each that breaks loses one at most. */
const CONNECTIONS = 50;

for (const signal of ['SIGKILL', 'SIGABRT'] as const)
  test(`a worker that ends by ${signal} under load is replaced, and only what was in flight in it is lost`, async (t) => {
    const gateway = await workersFor(t, { live: liveOf('1') });
    const [first, second] = await gateway.workers();
    const load = steadyLoad(gateway.url, 300);
    await delay(300);
    signalWorker(first, signal);
    const status = await gateway.untilStatus(
      (now) => gateway.whole(now) && now.workers?.[0]?.restarts === 1,
      'it is not replaced',
    );
    t.not(status.workers?.[0]?.pid, first?.pid);
    t.equal(status.workers?.[1]?.pid, second?.pid, 'the other one stays');
    await delay(300);
    const { sent, lost } = await load.stop();
    t.ok(lost.length <= CONNECTIONS, `${lost.length} of ${sent} lost`);
    const strange = lost.filter((how) => !/other side closed|ECONNRESET|UND_ERR_SOCKET|SocketError/.test(how));
    t.same(strange, [], 'by a connection that ended, none by an answer');
    t.match(gateway.run.out(), `worker 1 is lost: ${signal}`);
    t.match(await gateway.metrics(), /^postern_workers_lost_total 1$/m);
  });

test('a request in flight in another worker is not touched by a death', async (t) => {
  const held: (() => void)[] = [];
  const upstream = await upstreamFor(t, (_request, response) => void held.push(() => void response.end('late')));
  const live = liveOf('1').replace('builtin: echo', `targets: ["${upstream.url}"]`);
  const gateway = await workersFor(t, { live });
  const agent = new Agent({ connections: 1 });
  t.teardown(() => agent.close());
  const pending = Array.from({ length: 12 }, () =>
    request(`${gateway.url}/`, { headers: { connection: 'close' } }).then(
      async ({ body }) => body.text(),
      () => 'lost',
    ),
  );
  await until(async () => held.length === 12, 'not all requests are at the upstream');
  const [first] = await gateway.workers();
  signalWorker(first, 'SIGKILL');
  await gateway.untilStatus((now) => now.workers?.[0]?.restarts === 1, 'it is not replaced');
  for (const end of held) end();
  const answers = await Promise.all(pending);
  t.same(new Set(answers), new Set(['late', 'lost']), 'those of the dead worker are lost, the others answered');
});

test('connections that come while every worker is down wait, and the port stays the same', async (t) => {
  const gateway = await workersFor(t, { live: liveOf('1') });
  for (const worker of await gateway.workers()) signalWorker(worker, 'SIGKILL');
  const answers = await Promise.all(Array.from({ length: 10 }, () => gateway.version()));
  t.same(new Set(answers), new Set(['1']));
});
