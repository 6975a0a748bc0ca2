import { spawn } from 'node:child_process';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import type { Run } from '../../packages/postern/test/spawn.ts';
import { programEnvironment } from './program-environment.ts';

interface Handle {
  readonly fd: number;
  getsockname(into: { port?: number }): number;
  close(): void;
}

/** Bound sockets that outlive the programs which listen on them, as systemd holds those of a socket unit. */
export interface HeldPorts {
  readonly ports: readonly number[];
  /** Starts the program with the sockets from descriptor 3 on, as sd_listen_fds(3) has it. */
  start(folder: string, environment?: Readonly<Record<string, string>>): Run;
}

const PROGRAM = fileURLToPath(new URL('../../packages/postern/bin/postern.mjs', import.meta.url));

/** Binds free loopback ports; freed when the test ends. Nothing listens on them yet. */
export function holdPorts(t: Test, count = 1): HeldPorts {
  const unknown = net as unknown as { _createServerHandle(address: string, port: number, family: number): Handle };
  const handles = Array.from({ length: count }, () => unknown._createServerHandle('127.0.0.1', 0, 4));
  t.teardown(() => {
    for (const handle of handles) handle.close();
  });
  const ports = handles.map((handle) => {
    const bound: { port?: number } = {};
    handle.getsockname(bound);
    return bound.port ?? 0;
  });
  return {
    ports,
    start(folder, environment = {}) {
      // The shell becomes the program: only so is its number known before it runs.
      const child = spawn('sh', ['-c', 'LISTEN_PID=$$ exec "$@"', 'sh', process.execPath, PROGRAM, 'run'], {
        cwd: folder,
        env: { ...programEnvironment(), LISTEN_FDS: String(count), ...environment },
        stdio: ['ignore', 'pipe', 'pipe', ...handles.map(({ fd }) => fd)],
      });
      let [out, err] = ['', ''];
      child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
      t.teardown(() => void child.kill('SIGKILL'));
      const ended = new Promise<number | null>((resolve) => void child.once('close', resolve));
      return { child, out: () => out, err: () => err, ended };
    },
  };
}
