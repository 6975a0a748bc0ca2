import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ControlStatus, SourceText } from '@postern/model';
import { builtinPlugins, startGateway } from 'postern';
import type { Gateway, GatewayOptions } from 'postern';
import type { Test } from 'tap';
import { memorySource } from '../kit/memory-source.ts';
import { until } from '../kit/until.ts';

/** A gateway in this process whose documents come from a bucket. */
export interface BusGateway {
  readonly gateway: Gateway;
  /** The folder of the last good file. */
  readonly folder: string;
  readonly lastGood: string;
  /** Lines of the log. */
  readonly lines: string[];
  readonly url: string;
  status(): ControlStatus;
  /** The `x-version` of an answer, or its status code. */
  version(): Promise<string>;
  serves(version: string): Promise<void>;
  /** Waits until the status shows it. */
  shows(what: (status: ControlStatus) => boolean): Promise<ControlStatus>;
  /** Waits until this revision is kept as the last good document. */
  keeps(revision: number): Promise<void>;
}

/** How to start one. */
export interface BusGatewayOptions {
  readonly servers: readonly string[];
  /** Default: a new folder. */
  readonly folder?: string;
  /** More members of `server.source.nats`, in flow style: `, token: x`. */
  readonly more?: string;
  /** More lines of the server section, and the live part of the file. */
  readonly server?: string;
  readonly live?: string;
  readonly times?: GatewayOptions['times'];
  readonly node?: string;
}

/** The live part of a document whose answers carry `x-version`. */
export function liveOf(version: string, more = ''): string {
  return `upstreams: [{ name: up, builtin: echo }]
policies:
  - { name: version, plugin: headers, config: { response: { set: { x-version: "${version}" } } } }
apiGroups:
  - { name: all, upstream: up, policies: [version] }
${more}`;
}

/** Waits shortened so that a test takes seconds; heartbeat and look stay in proportion. A start in a cold process takes its time. */
export const SHORT = { good: 100, heartbeat: 300, patience: 1500, look: 300 };

/** A folder that is gone when the test ends; `t.testdir` is one per file, and nodes need one each. */
export function folderFor(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'postern-node-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a gateway under the key `edge`. */
export async function busGateway(t: Test, options: BusGatewayOptions): Promise<BusGateway> {
  const { servers, folder = folderFor(t), more = '', server = '', live = '', times = SHORT, node } = options;
  const lastGood = join(folder, 'last-good.json');
  const text = `server:
  name: edge
  listen: [{ name: public, address: 127.0.0.1:0 }]
  admin: { address: 127.0.0.1:0 }
  source: { nats: { servers: ${JSON.stringify(servers)}, lastGood: ${JSON.stringify(lastGood)}${more} } }
${server}${live}`;
  const lines: string[] = [];
  const write = (_record: object, message: string): void => void lines.push(message);
  const gateway = await startGateway({
    source: memorySource(text satisfies SourceText['text']),
    plugins: builtinPlugins,
    log: { info: write, warn: write, error: write, write: () => undefined },
    environment: { SHOP_KEY: 'allowed', OTHER: 'not' },
    times,
    ...(node === undefined ? {} : { node }),
  });
  t.teardown(() => gateway.close());
  const url = `http://127.0.0.1:${gateway.listeners[0]?.port}`;
  const status = () => gateway.control();
  const version = async (): Promise<string> => {
    const answer = await fetch(`${url}/`);
    await answer.text();
    return answer.headers.get('x-version') ?? String(answer.status);
  };
  return {
    gateway,
    folder,
    lastGood,
    lines,
    url,
    status,
    version,
    serves: (wanted) =>
      until(async () => (await version()) === wanted, `${wanted} does not serve: ${lines.join('\n')}`),
    async shows(what) {
      await until(async () => what(status()), `not in the status: ${lines.join('\n')}`);
      return status();
    },
    keeps: (revision) =>
      until(async () => keptIn(lastGood) === revision, `revision ${revision} is never kept: ${lines.join('\n')}`),
  };
}

function keptIn(lastGood: string): unknown {
  try {
    return JSON.parse(readFileSync(lastGood, 'utf8')).kept.revision;
  } catch {
    return undefined;
  }
}
