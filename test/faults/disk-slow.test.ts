// Row D6 of reliability.md: every fsync of a node takes seconds.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { Pool } from 'undici';
import { foreignClient } from '../kit/foreign-client.ts';
import { natsServerFor, needsNats } from '../kit/nats-server.ts';
import { nodeProcessFor, serves } from '../kit/node-fleet.ts';
import { steadyLoad } from '../kit/steady-load.ts';
import { until } from '../kit/until.ts';
import { folderFor, liveOf } from '../reload/bus-gateway.ts';

/** Seconds: more than the row's five, so that what a busy machine takes is well below it. */
const HELD = 8;

/** Runs a command under a tracer that holds every fsync up and lets all other calls through untouched. */
const INJECTED = `inject=fsync:delay_enter=${HELD * 1_000_000}`;
const SLOW = ['strace', '-D', '-f', '--seccomp-bpf', '-e', 'trace=fsync', '-e', INJECTED];

/** It is not installed everywhere, and containers may not be allowed to trace. */
function whyNotTraced(): false | string {
  const { status, error, stderr } = spawnSync('strace', [...SLOW.slice(1), '-o', '/dev/null', 'true']);
  return status === 0 ? false : `NO SLOW DISK HERE: strace ${String(error ?? stderr)}`;
}

test(
  `D6: while the last good file is written to a disk that takes ${HELD} s, requests and reloads go on`,
  { skip: needsNats().skip || whyNotTraced() },
  async (t) => {
    const nats = await natsServerFor(t);
    const trace = join(folderFor(t), 'trace');
    const node = await nodeProcessFor(t, { servers: [nats.url], under: [...SLOW, '-o', trace] });
    const client = await foreignClient(nats.port);
    t.teardown(() => client.close());
    const folder = join(node.folder, '.postern');
    const lastGood = join(folder, 'last-good.json');
    const held = (): number => (existsSync(trace) ? readFileSync(trace, 'utf8').split('DELAYED').length - 1 : 0);

    await client.put('postern', 'config.edge', liveOf('one'));
    await serves(node, 'one');
    const load = steadyLoad(node.url, 500);
    // The file beside the last good one is there: its bytes are on their way to the disk.
    const draft = (name: string): boolean => name.startsWith('.last-good.json.');
    const before = await latencies(node.url, async () => existsSync(folder) && readdirSync(folder).some(draft));
    t.equal(held(), 0, 'the disk is still at it');
    const start = performance.now();
    await client.put('postern', 'config.edge', liveOf('two'));
    await serves(node, 'two');
    const took = performance.now() - start;
    t.equal(held(), 0, `a reload does not wait for the disk: ${took.toFixed(0)} ms`);
    const during = await latencies(node.url, async () => existsSync(lastGood));
    t.ok(held() >= 1, 'it was held up');
    await until(async () => held() >= 2, 'the folder is not synced');
    const { sent, lost } = await load.stop();
    t.same(lost, [], `lost of ${sent}`);
    t.comment(`p99 of requests: ${before.p99} ms before (${before.count}), ${during.p99} ms during (${during.count})`);
    t.ok(during.longest < HELD * 500, `no request waits for the disk: longest ${during.longest} ms`);
    t.match(readFileSync(lastGood, 'utf8'), /^\{"sha256"/);
  },
);

/** Milliseconds that requests take until something holds. */
async function latencies(
  url: string,
  holds: () => Promise<boolean>,
): Promise<{ readonly count: number; readonly p99: number; readonly longest: number }> {
  const pool = new Pool(url, { connections: 4 });
  const took: number[] = [];
  let running = true;
  const clients = Array.from({ length: 4 }, async () => {
    while (running) {
      const start = performance.now();
      await (await pool.request({ path: '/', method: 'GET' })).body.dump();
      took.push(performance.now() - start);
    }
  });
  await until(holds, 'it does not come');
  running = false;
  await Promise.all(clients);
  await pool.close();
  const sorted = took.toSorted((one, other) => one - other).map((time) => Math.round(time * 10) / 10);
  return { count: sorted.length, p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0, longest: sorted.at(-1) ?? 0 };
}
