import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openBus } from '@postern/source-nats';
import type { Bucket, Bus, BusOptions } from '@postern/source-nats';
import { GOOD } from './documents.ts';
import { run, start } from './spawn.ts';
import type { Run } from './spawn.ts';

interface Ending {
  teardown(end: () => unknown): void;
}

/** A real nats-server with JetStream on a free port, ended with the test; `config` is put into its configuration. */
export async function startNats(t: Ending, config = ''): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-nats-'));
  const port = await freePort();
  const file = join(folder, 'nats.conf');
  await writeFile(file, `listen: "127.0.0.1:${port}"\njetstream: { store_dir: "${folder}/js" }\n${config}\n`);
  const child = spawn('nats-server', ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  t.teardown(async () => {
    child.kill('SIGKILL');
    await once(child, 'close');
    await rm(folder, { recursive: true, force: true });
  });
  while (!log.includes('Server is ready')) {
    if (child.exitCode !== null) throw new Error(log);
    await delay(10);
  }
  return `nats://127.0.0.1:${port}`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A fleet of key edge on a server of its own, with the buckets that its nodes would have made. */
export interface TestFleet {
  readonly url: string;
  readonly bus: Bus;
  readonly bucket: Bucket;
  /** Speaks as a node: what is not given is that of a node that accepted. */
  say(node: string, report?: Readonly<Record<string, unknown>>): Promise<number>;
  /** Answers to every document as this node from now on, `revision` and all. */
  answer(node: string, report?: Readonly<Record<string, unknown>>): void;
  /** Runs the program against this fleet, in a folder that holds gateway.yaml. */
  postern(words: readonly string[], cwd?: string): ReturnType<typeof run>;
  /** Starts the program against this fleet. */
  start(words: readonly string[], cwd?: string): Run;
}

/** The good document, of the fleet edge. */
export const EDGE = GOOD.replace('server:\n', 'server:\n  name: edge\n');

export async function startFleet(
  t: Ending,
  options: { readonly config?: string; readonly as?: Partial<BusOptions> } = {},
): Promise<TestFleet> {
  const url = await startNats(t, options.config);
  const bus = await openBus({ servers: [url], name: 'test', ...options.as });
  t.teardown(() => bus.close());
  const bucket = await bus.bucket('postern', { history: 64 });
  const nodes = await bus.bucket('postern-nodes', { history: 1, ttl: 60_000 });
  // Not t.testdir, of which a test has only one.
  const folder = await mkdtemp(join(tmpdir(), 'postern-'));
  await writeFile(join(folder, 'gateway.yaml'), EDGE);
  t.teardown(() => rm(folder, { recursive: true }));
  const environment = { NATS_URL: url, POSTERN_KEY: 'edge', POSTERN_AUTHOR: 'ada' };
  const fleet: TestFleet = {
    url,
    bus,
    bucket,
    say: (node, report = {}) => nodes.put(`node.edge.${node}`, Buffer.from(JSON.stringify(reportOf(node, report)))),
    answer(node, report = {}) {
      const ending = new AbortController();
      t.teardown(() => ending.abort());
      void (async () => {
        for await (const { revision } of bucket.watch('config.edge', undefined, ending.signal))
          await fleet.say(node, { revision, ...report });
      })();
    },
    postern: (words, cwd = folder) => run(words, { cwd, environment }),
    start: (words, cwd = folder) => start(words, { cwd, environment }),
  };
  return fleet;
}

function reportOf(node: string, report: Readonly<Record<string, unknown>>): object {
  const at = new Date().toISOString();
  const rest = { issues: [], at, version: '0.1.0', source: 'nats', uptimeSeconds: 300 };
  return { node, revision: 0, digest: 'none', state: 'accepted', ...rest, ...report };
}
