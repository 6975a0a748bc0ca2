import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { StatusReport } from '@postern/admin';
import { standStill } from './jitter.ts';

/** A node of a fleet: `postern run` in a process and a folder of its own. Ports stay the same over restarts. */
export interface NodeProcess {
  readonly folder: string;
  readonly url: string;
  /** Lines of the log, of all its runs. */
  readonly lines: readonly string[];
  /** Of the run that is on. Throws between two. */
  readonly pid: () => number;
  /** Starts it again; resolves when it listens. */
  start(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** SIGSTOP: it answers nothing and closes nothing. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** Preloaded modules listen to SIGWINCH: the program ends with most others. */
  signal(name: NodeJS.Signals): void;
  /** The `x-version` of an answer, or its status code. */
  version(): Promise<string>;
  /** What its admin port says. */
  status(): Promise<StatusReport>;
  /** Bytes of memory in use, and seconds of CPU so far. Linux. */
  usage(): { readonly rss: number; readonly cpu: number };
}

/** How to start one. */
export interface NodeProcessOptions {
  readonly folder: string;
  readonly servers: readonly string[];
  /** More members of `server.source.nats`, in flow style: `, token: x`; more lines of the server section; the live part. */
  readonly more?: string;
  readonly server?: string;
  readonly live?: string;
  /** Modules to load before the program: the names of files under `preload`. */
  readonly preload?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** A command to run it under, that leaves it this process's child: `strace -D`. */
  readonly under?: readonly string[];
}

const PROGRAM = fileURLToPath(new URL('../../packages/postern/bin/postern.mjs', import.meta.url));
/** Clock ticks in a second, as Linux shows times of processes. */
const TICKS = 100;

/** Starts a node under the key `edge`; resolves when it listens. Whoever starts it kills it. */
export async function startNode(options: NodeProcessOptions): Promise<NodeProcess> {
  const { folder } = options;
  const lines: string[] = [];
  let child: ChildProcess | undefined;
  let ports = [0, 0];
  const pid = (): number => {
    if (child?.pid === undefined) throw new Error('the node does not run');
    return child.pid;
  };
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    const ending = child;
    child = undefined;
    if (ending === undefined) return null;
    standStill();
    const ended = once(ending, 'exit');
    ending.kill(signal);
    await ended;
    return ending.exitCode;
  };
  const start = async (): Promise<void> => {
    writeFileSync(join(folder, 'gateway.yaml'), documentOf(options, ports));
    child = run(options);
    ports = await portsOf(child, lines);
  };
  await start();
  const url = `http://127.0.0.1:${ports[0]}`;
  return {
    folder,
    url,
    lines,
    pid,
    start,
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    freeze() {
      standStill();
      child?.kill('SIGSTOP');
    },
    thaw: () => void child?.kill('SIGCONT'),
    signal: (name) => void child?.kill(name),
    async version() {
      const answer = await fetch(`${url}/`);
      await answer.text();
      return answer.headers.get('x-version') ?? String(answer.status);
    },
    status: async () => (await fetch(`http://127.0.0.1:${ports[1]}/api/v1/status`)).json() as Promise<StatusReport>,
    usage() {
      const pages = Number(readFileSync(`/proc/${pid()}/statm`, 'utf8').split(' ')[1]);
      // Fields count from behind the name, which may hold anything.
      const fields = readFileSync(`/proc/${pid()}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
      return { rss: pages * 4096, cpu: (Number(fields[11]) + Number(fields[12])) / TICKS };
    },
  };
}

function documentOf({ servers, more = '', server = '', live = '' }: NodeProcessOptions, ports: number[]): string {
  return `server:
  name: edge
  listen: [{ name: public, address: 127.0.0.1:${ports[0]} }]
  admin: { address: 127.0.0.1:${ports[1]} }
  source: { nats: { servers: ${JSON.stringify(servers)}${more} } }
${server}${live}`;
}

function run({ folder, preload = [], environment = {}, under = [] }: NodeProcessOptions): ChildProcess {
  const { PATH = '' } = process.env;
  const imports = preload.map((name) => `--import=${pathToFileURL(join(import.meta.dirname, 'preload', name)).href}`);
  const [command, ...words] = [...under, process.execPath, ...imports, PROGRAM, 'run'];
  return spawn(command, words, {
    cwd: folder,
    env: { PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Reads the start line of the log, and goes on reading: a full pipe would drop lines. */
async function portsOf(child: ChildProcess, lines: string[]): Promise<number[]> {
  return new Promise((resolve, reject) => {
    for (const output of [child.stdout, child.stderr]) {
      if (output === null) continue;
      createInterface(output).on('line', (line) => {
        lines.push(line);
        if (!line.includes('"listeners"')) return;
        const { listeners, admin } = JSON.parse(line);
        resolve([listeners[0].port, admin.port]);
      });
    }
    child.once('exit', () => reject(new Error(`the node ended: ${lines.slice(-5).join('\n')}`)));
  });
}
