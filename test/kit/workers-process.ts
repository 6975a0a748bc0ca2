import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { StatusReport } from '@postern/admin';
import type { Test } from 'tap';
import { start, startLine } from '../../packages/postern/test/spawn.ts';
import type { Run } from '../../packages/postern/test/spawn.ts';
import { standStill } from './jitter.ts';
import { until } from './until.ts';

type WorkerStatus = NonNullable<StatusReport['workers']>[number];

/** `postern run` with several workers, in processes of their own. */
export interface WorkersProcess {
  readonly run: Run;
  readonly folder: string;
  readonly port: number;
  readonly url: string;
  readonly admin: string;
  /** Puts another document in the file's place; its server section is the same. */
  write(live: string): void;
  status(): Promise<StatusReport>;
  workers(): Promise<readonly WorkerStatus[]>;
  /** Waits until the status is so. */
  untilStatus(holds: (status: StatusReport) => boolean, otherwise: string): Promise<StatusReport>;
  metrics(): Promise<string>;
  /** The `x-version` of one answer on a new connection, or its status code. */
  version(): Promise<string>;
  /** Whether every worker is in its place and serves. */
  readonly whole: (status: StatusReport) => boolean;
}

/** How to start one. */
export interface WorkersOptions {
  readonly workers?: number | 'auto';
  /** Lines of the server section. */
  readonly server?: string;
  readonly live: string;
  /** Files beside the document, by name. */
  readonly files?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A live section whose answers carry `x-version`; `more` are further policies in flow style, by name attached to all. */
export function liveOf(version: string, more: Readonly<Record<string, string>> = {}): string {
  const names = ['version', ...Object.keys(more)].join(', ');
  const policies = Object.entries(more).map(([name, rest]) => `  - { name: ${name}, ${rest} }\n`);
  return `upstreams: [{ name: up, builtin: echo }]
policies:
  - { name: version, plugin: headers, config: { response: { set: { x-version: "${version}" } } } }
${policies.join('')}apiGroups:
  - { name: all, upstream: up, policies: [${names}] }
`;
}

/** A plugin as a module that needs nothing; `compile` is its body, with `config` in reach. */
export function pluginModule(name: string, compile: string): string {
  return `export default {
  name: '${name}', summary: 'Of a test', single: false, owns: [], preflight: false, guards: () => false,
  config: { type: 'object', additionalProperties: true },
  compile(config, context) { ${compile} },
};
`;
}

/** Starts the program; resolves when all its workers serve. Whatever becomes of the test, none of its processes is left. */
export async function workersFor(t: Test, options: WorkersOptions): Promise<WorkersProcess> {
  const { workers = 2, server = '', files = {}, environment = {} } = options;
  const folder = mkdtempSync(join(tmpdir(), 'postern-'));
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const section = `server:
  workers: ${workers}
  listen: [{ name: public, address: 127.0.0.1:0 }]
  admin: { address: 127.0.0.1:0 }
${server}`;
  const write = (live: string): void => {
    writeFileSync(join(folder, 'gateway.yaml.new'), `${section}${live}`);
    renameSync(join(folder, 'gateway.yaml.new'), join(folder, 'gateway.yaml'));
  };
  write(options.live);
  const run = start(['run'], { cwd: folder, environment });
  let known: readonly WorkerStatus[] = [];
  t.teardown(async () => {
    // In order where that can be had: what was covered is written at the end.
    run.child.kill('SIGTERM');
    await Promise.race([run.ended, delay(5_000, undefined, { ref: false })]);
    run.child.kill('SIGKILL');
    for (const { pid } of known) if (pid !== undefined) endQuietly(pid);
    rmSync(folder, { recursive: true });
  });
  const { listeners, admin } = await startLine(run);
  const port = listeners[0]?.port ?? 0;
  const url = `http://127.0.0.1:${port}`;
  const adminUrl = `http://127.0.0.1:${admin.port}`;
  const status = async (): Promise<StatusReport> => {
    const answer = await fetch(`${adminUrl}/api/v1/status`);
    const report = (await answer.json()) as StatusReport;
    known = report.workers ?? [];
    return report;
  };
  const untilStatus: WorkersProcess['untilStatus'] = async (holds, otherwise) => {
    let last = await status();
    await until(
      async () => {
        last = await status();
        return holds(last);
      },
      () => `${otherwise}: ${JSON.stringify(last)}\n${run.out().slice(-4000)}\n${run.err()}`,
    );
    return last;
  };
  const whole = ({ workers: list = [] }: StatusReport): boolean =>
    list.length > 0 && list.every(({ state, revision }) => state === 'serving' && revision !== undefined);
  // One process has no list of workers.
  if (workers !== 1) await untilStatus(whole, 'not all workers serve');
  return {
    run,
    folder,
    port,
    url,
    admin: adminUrl,
    write,
    status,
    workers: async () => (await status()).workers ?? [],
    untilStatus,
    metrics: async () => (await fetch(`${adminUrl}/metrics`)).text(),
    async version() {
      const answer = await fetch(`${url}/`, { headers: { connection: 'close' } });
      await answer.text();
      return answer.headers.get('x-version') ?? String(answer.status);
    },
    whole,
  };
}

/** Sends a signal to one worker. Throws where there is none just now: to the system, process 0 is every process of this run. */
export function signalWorker(
  worker: { readonly pid?: number | undefined } | undefined,
  signal: NodeJS.Signals,
): number {
  const pid = worker?.pid;
  if (pid === undefined) throw new Error(`there is no worker for ${signal}: ${JSON.stringify(worker)}`);
  standStill();
  process.kill(pid, signal);
  return pid;
}

/** Whether a process is there. */
export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function endQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
