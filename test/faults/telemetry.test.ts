/** A2 of the promises: whoever collects the log or the metrics stops reading. Requests go on as if nothing were. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'tap';
import { oneProcessFor } from '../kit/one-process.ts';
import { until } from '../kit/until.ts';

const LIVE = `upstreams: [{ name: up, builtin: echo }]
policies: [{ name: log, plugin: access-log }]
apiGroups: [{ name: all, upstream: up, policies: [log] }]
`;
const MIB = 1024 * 1024;

/** Sends so many requests on one connection, a few ahead of their answers; how many were answered 200. */
async function ask(port: number, count: number, path: string): Promise<number> {
  const socket = connect(port, '127.0.0.1');
  const text = `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`;
  let answered = 0;
  let sent = 0;
  let last = '';
  const more = (): void => {
    for (; sent < count && sent - answered < 4; sent += 1) socket.write(text);
  };
  socket.on('data', (chunk: Buffer) => {
    const seen = last + chunk.toString('latin1');
    answered += seen.split('HTTP/1.1 200 OK\r\n').length - 1;
    // What a chunk may have cut; too short to hold a whole one.
    last = seen.slice(-16);
    if (answered === count) socket.end();
    else more();
  });
  more();
  await once(socket, 'close');
  return answered;
}

test('a log that nobody reads costs no request and no memory; lines are dropped and counted, and the reader is told', async (t) => {
  const gateway = await oneProcessFor(t, { live: LIVE });
  const path = `/${'x'.repeat(4_000)}`;
  t.equal(await ask(gateway.port, 500, path), 500);
  gateway.deaf();
  t.equal(await ask(gateway.port, 4_000, path), 4_000);
  await until(async () => (await gateway.metric('postern_log_dropped_lines_total')) > 0, 'no line is dropped');
  const dropped = await gateway.metric('postern_log_dropped_lines_total');
  const before = gateway.rss();
  t.equal(await ask(gateway.port, 8_000, path), 8_000);
  const grown = gateway.rss() - before;
  const more = (await gateway.metric('postern_log_dropped_lines_total')) - dropped;
  t.comment(`${dropped + more} lines were dropped; ${Math.round(grown / MIB)} MiB more after 8,000 requests`);
  t.ok(more >= 7_900, `${more} of 8,000 lines were dropped and counted`);
  // 32 MiB of lines; what the garbage of so many requests comes to besides is no more than that of a log which is read.
  t.ok(grown < 64 * MIB, `${grown} bytes`);
  gateway.hear();
  const told = (): boolean => gateway.lines.some((line) => /"dropped":\d+.*nobody read it/.test(line));
  await until(async () => told(), 'nobody is told');
});

test('a collector of metrics that reads no answer costs no request and no memory, and others get theirs', async (t) => {
  const gateway = await oneProcessFor(t, { live: LIVE });
  t.equal(await ask(gateway.port, 500, '/'), 500);
  const admin = Number(new URL(gateway.admin).port);
  const stalled = Array.from({ length: 20 }, () => {
    const socket = connect(admin, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.pause();
    socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(500));
    t.teardown(() => socket.destroy());
    return socket;
  });
  const before = gateway.rss();
  for (let nth = 0; nth < 10; nth += 1) {
    t.equal(await ask(gateway.port, 200, '/'), 200);
    t.match(await gateway.metrics(), 'postern_requests_total{group="all",route="all",status="2xx"}');
  }
  const grown = gateway.rss() - before;
  t.ok(grown < 128 * MIB, `${Math.round(grown / MIB)} MiB`);
  // Node ends what does nothing for so long; the port is not held for ever.
  await until(
    async () => stalled.every((socket) => socket.destroyed || socket.readableEnded) || gateway.open() < 40,
    () => `${gateway.open()} files are open`,
  );
});
