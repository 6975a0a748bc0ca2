import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import type { Launch } from '../core/site.ts';
import { killTree } from './usage.ts';

/** A process that was started, in a folder of its own. */
export interface Child {
  readonly pid: number;
  readonly folder: string;
  /** What it wrote so far, standard output and error. */
  output(): string;
  /** How it ended, undefined while it runs. */
  ended(): string | undefined;
  /** Ends it and what it started; its folder goes too. */
  end(): Promise<void>;
}

/** Every process of a run of the bench. None of them outlives it, however it ends: a guard sees to it when it is killed. */
export class Children {
  readonly #running = new Map<number, () => void>();
  readonly #root = mkdtempSync(join(tmpdir(), 'postern-bench-'));
  readonly #guard: Writable;
  #count = 0;

  constructor() {
    // Not in the terminal's group: Ctrl-C must not end the guard before the guarded.
    const words = [join(import.meta.dirname, 'guard.ts'), this.#root];
    const guard = spawn(process.execPath, words, { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    guard.unref();
    this.#guard = guard.stdin;
    this.#guard.on('error', () => undefined);
    process.once('exit', () => this.endNow());
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));
  }

  /** A new folder, gone at the end. */
  folder(name: string): string {
    const folder = join(this.#root, `${(this.#count += 1)}-${name}`);
    mkdirSync(folder);
    return folder;
  }

  start(name: string, { command, words, files, env }: Launch): Child {
    const folder = this.folder(name);
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(join(folder, file, '..'), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    const log = join(folder, 'output.log');
    const file = openSync(log, 'w');
    const child = spawn(command, words, {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', file, file],
    });
    closeSync(file);
    let ended: string | undefined;
    const { pid = 0 } = child;
    const kill = (): void => killTree(pid);
    if (pid > 0) {
      this.#running.set(pid, kill);
      this.#guard.write(`+${pid}\n`);
    }
    const gone = new Promise<void>((resolve) => {
      const settle = (how: string) => (): void => {
        ended = how;
        this.#running.delete(pid);
        this.#guard.write(`-${pid}\n`);
        resolve();
      };
      child.once('error', (error) => settle(error.message)());
      child.once('exit', (code, signal) => settle(`ended with ${signal ?? code}`)());
    });
    return {
      pid,
      folder,
      output: () => readFileSync(log, 'utf8'),
      ended: () => ended,
      end: async () => {
        if (ended === undefined) kill();
        await gone;
        rmSync(folder, { recursive: true, force: true });
      },
    };
  }

  /** Ends all that still runs, at once. */
  endNow(): void {
    for (const kill of this.#running.values()) kill();
    this.#running.clear();
    rmSync(this.#root, { recursive: true, force: true });
  }
}
