import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBus } from '@postern/source-nats';
import type { Bucket, Bus, BusOptions } from '@postern/source-nats';
import type { Test } from 'tap';
import { natsServerFor } from '../../../test/kit/nats-server.ts';
import type { NatsServer } from '../../../test/kit/nats-server.ts';
import { GOOD } from './documents.ts';
import { run, start } from './spawn.ts';
import type { Run } from './spawn.ts';

/** A real nats-server whose configuration has this text. */
export async function startNats(t: Test, config = ''): Promise<string> {
  return (await configuredNats(t, config)).url;
}

async function configuredNats(t: Test, config: string, binary?: string): Promise<NatsServer> {
  const folder = await folderFor(t, { 'nats.conf': config });
  return natsServerFor(t, { more: ['-c', join(folder, 'nats.conf')], ...(binary && { binary }) });
}

/** Not `t.testdir`, of which a test has only one. */
async function folderFor(t: Test, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-'));
  t.teardown(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

/** A fleet of key edge on a server of its own, with the buckets that its nodes would have made. */
export interface TestFleet {
  readonly url: string;
  readonly nats: NatsServer;
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
  t: Test,
  options: { readonly config?: string; readonly as?: Partial<BusOptions>; readonly binary?: string } = {},
): Promise<TestFleet> {
  const nats = await configuredNats(t, options.config ?? '', options.binary);
  const { url } = nats;
  const bus = await openBus({ servers: [url], name: 'test', ...options.as });
  t.teardown(() => bus.close());
  const bucket = await bus.bucket('postern', { history: 64 });
  const nodes = await bus.bucket('postern-nodes', { history: 1, ttl: 60_000 });
  const folder = await folderFor(t, { 'gateway.yaml': EDGE });
  const environment = { NATS_URL: url, POSTERN_KEY: 'edge', POSTERN_AUTHOR: 'ada' };
  const fleet: TestFleet = {
    url,
    nats,
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
  const rest = { issues: [], at, version: '0.1.0', source: 'config.edge@1', uptimeSeconds: 300 };
  return { node, revision: 0, digest: 'none', state: 'accepted', ...rest, ...report };
}
