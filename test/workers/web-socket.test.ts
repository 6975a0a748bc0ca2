// Web sockets with several workers: each keeps its own, and what is counted is their sum.
import { test } from 'tap';
import { until } from '../kit/until.ts';
import { closeOf, nextMessage, openSocket, socketUpstreamFor } from '../kit/web-socket.ts';
import { liveOf, workersFor } from '../kit/workers-process.ts';

test('web sockets of several workers survive a reload, are counted together, and end with the drain', async (t) => {
  const upstream = await socketUpstreamFor(t);
  const live = (version: string): string => liveOf(version).replace('builtin: echo', `targets: ["${upstream.url}"]`);
  const gateway = await workersFor(t, { live: live('1'), server: '  drainTimeout: 1s\n' });
  const clients = await Promise.all(Array.from({ length: 12 }, () => openSocket(t, `ws://127.0.0.1:${gateway.port}/`)));
  const open = async (): Promise<string | undefined> =>
    /^postern_web_sockets (.*)$/m.exec(await gateway.metrics())?.[1];
  await until(async () => (await open()) === '12', 'they are not all counted');
  gateway.write(live('2'));
  await gateway.untilStatus(
    ({ revision, workers = [] }) => revision === 2 && workers.every((one) => one.revision === 2),
    'no reload',
  );
  for (const [at, client] of clients.entries()) {
    client.send(`of ${at}`);
    t.equal(await nextMessage(client), `of ${at}`);
  }
  const closed = Promise.all(clients.map((client) => closeOf(client)));
  gateway.run.child.kill('SIGTERM');
  t.same(new Set((await closed).map(([code]) => code)), new Set([1006]));
  t.equal(await gateway.run.ended, 0);
});
