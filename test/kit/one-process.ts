import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';

/** `postern run` in one process of its own, short of something. */
export interface OneProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly port: number;
  /** Port of the listener for HTTP/2. */
  readonly h2: number;
  readonly admin: string;
  /** Lines of the log so far. */
  readonly lines: readonly string[];
  /** Stops reading what it writes, and goes on with it. */
  deaf(): void;
  hear(): void;
  /** Puts another live section in the file's place. */
  write(live: string): void;
  metrics(): Promise<string>;
  /** The value of a series, by its name and labels as they stand in the text. */
  metric(series: string): Promise<number>;
  /** Files that it has open. Linux. */
  open(): number;
  /** Bytes of memory. Linux. */
  rss(): number;
}

/** How to start it. */
export interface OneProcessOptions {
  /** Lines of the server section, in flow or block style, two spaces in. */
  readonly server?: string;
  readonly live: string;
  /** Files beside the document, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** Flags of Node. */
  readonly flags?: readonly string[];
  /** `ulimit -n`. */
  readonly openFiles?: number;
}

const PROGRAM = fileURLToPath(new URL('../../packages/postern/bin/postern.mjs', import.meta.url));

/** Starts it; resolves when it serves. Ended with the test. */
export async function oneProcessFor(t: Test, options: OneProcessOptions): Promise<OneProcess> {
  const { server = '', files = {}, flags = [], openFiles } = options;
  const folder = mkdtempSync(join(tmpdir(), 'postern-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const write = (live: string): void => {
    writeFileSync(
      join(folder, 'gateway.yaml.new'),
      `server:
  listen: [{ name: public, address: 127.0.0.1:0 }, { name: h2, address: 127.0.0.1:0, protocol: h2c }]
  admin: { address: 127.0.0.1:0 }
${server}${live}`,
    );
    renameSync(join(folder, 'gateway.yaml.new'), join(folder, 'gateway.yaml'));
  };
  write(options.live);
  const words = [process.execPath, ...flags, PROGRAM, 'run'];
  const limit = openFiles === undefined ? '' : `ulimit -n ${openFiles}; `;
  const child = spawn('bash', ['-c', `${limit}exec "$0" "$@"`, ...words], {
    cwd: folder,
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(folder, { recursive: true });
  });
  const lines: string[] = [];
  const readers = [createInterface(child.stdout), createInterface(child.stderr)];
  const started = await new Promise<StartLine>((resolve, reject) => {
    for (const reader of readers)
      reader.on('line', (line) => {
        lines.push(line);
        if (line.includes('"listeners":')) resolve(JSON.parse(line));
      });
    child.once('exit', () => reject(new Error(`the gateway ended: ${lines.slice(-20).join('\n')}`)));
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('the gateway has no process');
  const admin = `http://127.0.0.1:${started.admin.port}`;
  const metrics = async (): Promise<string> => (await fetch(`${admin}/metrics`)).text();
  return {
    child,
    pid,
    port: started.listeners[0]?.port ?? 0,
    h2: started.listeners[1]?.port ?? 0,
    admin,
    lines,
    deaf: () => {
      for (const reader of readers) reader.pause();
    },
    hear: () => {
      for (const reader of readers) reader.resume();
    },
    write,
    metrics,
    metric: async (series) => {
      const line = (await metrics()).split('\n').find((one) => one.startsWith(`${series} `));
      return line === undefined ? 0 : Number(line.slice(series.length));
    },
    open: () => readdirSync(`/proc/${pid}/fd`).length,
    rss: () => Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096,
  };
}

interface StartLine {
  readonly listeners: readonly { readonly port: number }[];
  readonly admin: { readonly port: number };
}
