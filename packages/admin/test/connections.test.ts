/** The admin port takes few connections, and whoever only holds one does not keep a probe out. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { startAdmin } from '@postern/admin';
import { test } from 'tap';
import type { Test } from 'tap';
import { until } from '../../../test/kit/until.ts';
import { ask } from './ask.ts';

const MOST = 32;

async function start(t: Test): Promise<number> {
  const admin = await startAdmin({
    address: { host: '127.0.0.1', port: 0, token: undefined },
    cell: {
      apply: async () => ({ kind: 'accepted', warnings: [] }),
      status: () => ({
        ready: false,
        shedding: 'refusing',
        revision: 1,
        digest: 'a',
        liveSnapshots: 1,
        policies: [],
      }),
      metrics: async () => 'postern_requests_total 1\n'.repeat(100_000),
      decisions: async () => [],
      decision: async () => undefined,
    },
    control: () => ({
      source: 'file',
      origin: 'gateway.yaml',
      acceptedAt: undefined,
      warnings: [],
      refusal: undefined,
      restartNeeded: false,
      reloads: { accepted: 1, refused: 0 },
    }),
    node: { name: 'edge', version: '1.2.3' },
    log: { error: () => undefined },
  });
  t.teardown(() => admin.close());
  return admin.port;
}

function clients(t: Test, port: number, text: string): readonly Socket[] {
  return Array.from({ length: MOST + 8 }, () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(text);
    t.teardown(() => socket.destroy());
    return socket;
  });
}

/** Until a probe on a new connection is answered; milliseconds. */
async function probed(port: number): Promise<number> {
  const begun = performance.now();
  const answered = async (): Promise<boolean> =>
    ask(port, '/livez').then(
      ({ status }) => status === 200,
      () => false,
    );
  await until(answered, 'the probe is not answered');
  return performance.now() - begun;
}

for (const [what, text] of [
  ['that were answered and are kept', 'GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ['that say nothing', ''],
  ['whose head does not end', 'GET /livez HTTP/1.1\r\nHost: '],
  ['that read no answer', 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(20)],
] as const)
  test(`connections ${what} do not keep a probe out for long`, async (t) => {
    const port = await start(t);
    const sockets = clients(t, port, text);
    // One over the limit is closed: they have all come.
    await until(async () => sockets.some((socket) => socket.destroyed), 'none is closed');
    const took = await probed(port);
    t.ok(took < 60_000, `answered after ${took} ms`);
  });

test('/readyz says that new requests are turned away', async (t) => {
  const port = await start(t);
  t.match(await ask(port, '/readyz'), { status: 503, text: '{"status":"not ready","shedding":"refusing"}' });
});
