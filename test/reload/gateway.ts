import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from '@postern/model';
import { fileSource } from '@postern/source-file';
import { builtinPlugins, startGateway } from 'postern';
import type { Gateway } from 'postern';
import type { Test } from 'tap';
import { until } from '../kit/until.ts';

/** A gateway on a file, in this process. */
export interface Running {
  readonly gateway: Gateway;
  readonly file: string;
  readonly url: string;
  /** Lines of the log, as text. */
  readonly lines: string[];
  /** Puts another text in the file's place by an atomic rename. */
  write(text: string): Promise<void>;
  /** The `x-version` that an answer carries: which document made it. */
  version(): Promise<string>;
  /** Waits until answers carry this version. */
  serves(version: string): Promise<void>;
  /** `/api/v1/status`, over the admin port. */
  status(): Promise<Status>;
  /** Waits until the status shows a refusal of that revision or a later one. */
  refusal(revision: number): Promise<NonNullable<Status['lastRefusal']>>;
}

/** The part of the status that these tests read. */
interface Status {
  readonly revision: number;
  readonly digest: string;
  readonly liveSnapshots: number;
  readonly restartNeeded: boolean;
  readonly reloads: { readonly accepted: number; readonly refused: number };
  readonly warnings: readonly { readonly code: string; readonly message: string; readonly line: number }[];
  readonly lastRefusal: null | {
    readonly revision: number;
    readonly issues: readonly {
      readonly code: string;
      readonly file: string;
      readonly line: number;
      readonly fix: string;
    }[];
  };
}

/** A document whose answers carry `x-version`; `more` is text for the end of it. */
export function documentOf(version: string, more = ''): string {
  return `server:
  listen: [{ name: public, address: 127.0.0.1:0 }]
  admin: { address: 127.0.0.1:0 }
upstreams: [{ name: up, builtin: echo }]
policies:
  - name: version
    plugin: headers
    config: { response: { set: { x-version: "${version}" } } }
apiGroups:
  - { name: all, upstream: up, policies: [version] }
${more}`;
}

/** Starts a gateway on a file of its own; `file` names another one than `gateway.yaml` in the test's folder. */
export async function runGateway(
  t: Test,
  text: string,
  options: {
    readonly file?: string;
    readonly plugins?: readonly Plugin[];
    readonly environment?: Record<string, string>;
  } = {},
): Promise<Running> {
  const file = options.file ?? join(t.testdir({ 'gateway.yaml': text }), 'gateway.yaml');
  const lines: string[] = [];
  const write = (_record: object, message: string) => void lines.push(message);
  const gateway = await startGateway({
    source: fileSource(file),
    plugins: options.plugins ?? builtinPlugins,
    environment: options.environment ?? {},
    log: { info: write, warn: write, error: write, write: () => undefined },
  });
  t.teardown(() => gateway.close());
  const url = `http://127.0.0.1:${gateway.listeners[0]?.port}`;
  const admin = `http://127.0.0.1:${gateway.admin?.port}`;
  const version = async () => {
    const answer = await fetch(`${url}/`);
    await answer.text();
    return answer.headers.get('x-version') ?? 'none';
  };
  const status = async () => (await (await fetch(`${admin}/api/v1/status`)).json()) as Status;
  return {
    gateway,
    file,
    url,
    lines,
    async write(changed) {
      await writeFile(`${file}.new`, changed);
      await rename(`${file}.new`, file);
    },
    version,
    async serves(wanted) {
      await until(async () => (await version()) === wanted, `${wanted} does not serve`);
    },
    status,
    async refusal(revision) {
      let found: Status['lastRefusal'] = null;
      await until(async () => {
        found = (await status()).lastRefusal;
        return found !== null && found.revision >= revision;
      }, `no refusal of revision ${revision}`);
      return found ?? { revision: 0, issues: [] };
    },
  };
}
