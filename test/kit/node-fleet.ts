import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { startNode } from './node-process.ts';
import type { NodeProcess, NodeProcessOptions } from './node-process.ts';
import { steadyLoad } from './steady-load.ts';
import { until } from './until.ts';

/** Node processes of one fleet. */
export interface NodeFleet {
  readonly nodes: readonly NodeProcess[];
  /** Waits until every node answers with this version. */
  serve(version: string): Promise<void>;
  /** Waits until every node serves this revision; resolves with the digests under which they do. */
  reach(revision: number): Promise<ReadonlySet<string | undefined>>;
  /** Sends requests to all of them, so many a second altogether. */
  load(perSecond: number): { stop(): ReturnType<ReturnType<typeof steadyLoad>['stop']> };
}

/** How to start them. */
export interface NodeFleetOptions extends Omit<NodeProcessOptions, 'folder'> {
  readonly count: number;
  /** What one of them has otherwise than the others. */
  readonly except?: (at: number) => Partial<NodeProcessOptions>;
}

/** Starts node processes that follow one key; they and their folders are gone when the test ends. */
export async function nodeFleetFor(t: Pick<Test, 'teardown'>, options: NodeFleetOptions): Promise<NodeFleet> {
  const { count, except, ...same } = options;
  const nodes = await Promise.all(
    Array.from({ length: count }, (_, at) => nodeProcessFor(t, { ...same, ...except?.(at) })),
  );
  return {
    nodes,
    async serve(version) {
      await Promise.all(nodes.map((node) => serves(node, version)));
    },
    async reach(revision) {
      const digests = nodes.map(async (node) => {
        let digest: string | undefined;
        await until(
          async () => {
            const status = await node.status();
            ({ digest } = status);
            return status.revision === revision;
          },
          () => `revision ${revision} does not serve: ${node.lines.slice(-5).join('\n')}`,
        );
        return digest;
      });
      return new Set(await Promise.all(digests));
    },
    load(perSecond) {
      const loads = nodes.map(({ url }) => steadyLoad(url, perSecond / count));
      return {
        async stop() {
          const counts = await Promise.all(loads.map((load) => load.stop()));
          return { sent: counts.reduce((sum, { sent }) => sum + sent, 0), lost: counts.flatMap(({ lost }) => lost) };
        },
      };
    },
  };
}

/** Starts one more; it and its folder are gone when the test ends. */
export async function nodeProcessFor(
  t: Pick<Test, 'teardown'>,
  options: Omit<NodeProcessOptions, 'folder'>,
): Promise<NodeProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-fleet-'));
  const node = await startNode({ ...options, folder });
  t.teardown(async () => {
    await node.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  return node;
}

/** Waits until a node answers with this version. */
export function serves(node: NodeProcess, version: string): Promise<void> {
  return until(
    async () => (await node.version()) === version,
    () => `${version} does not serve: ${node.lines.slice(-5).join('\n')}`,
  );
}
