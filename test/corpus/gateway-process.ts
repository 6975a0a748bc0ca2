import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { once } from 'node:events';
import { SECRETS } from './document.ts';
import type { Teardown } from './recorder.ts';

/** What the process says of itself. Milliseconds and bytes. */
export interface Figures {
  /** Of its event loop, counted up: what to give to the next question as `since`. */
  readonly turns: number;
  /** In processor time of its thread. */
  readonly longestTurn: number;
  readonly p99: number;
  readonly rss: number;
  /** On its heap, buffers included. */
  readonly kept: number;
  readonly cpu: number;
  readonly handles: number;
  /** Members of Object.prototype. */
  readonly prototype: number;
}

/** `postern run` in a process of its own. */
export interface GatewayProcess {
  readonly pid: number;
  /** The document it follows. */
  readonly file: string;
  /** Lines of its log so far. */
  readonly lines: readonly string[];
  readonly alive: () => boolean;
  port(listener: string): number;
  readonly adminPort: number;
  /** `collect`: after a collection of garbage. */
  figures(question?: { readonly since?: number; readonly collect?: boolean }): Promise<Figures>;
}

const PROGRAM = fileURLToPath(new URL('../../packages/postern/bin/postern.mjs', import.meta.url));
const PRELOAD = pathToFileURL(fileURLToPath(new URL('../kit/preload/corpus.ts', import.meta.url))).href;

interface StartLine {
  readonly listeners: readonly { readonly name: string; readonly port: number }[];
  readonly admin: { readonly port: number };
}

/** Starts it on a document; ended with the test. */
export async function gatewayProcessFor(t: Teardown, document: string, canaryPort: number): Promise<GatewayProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-corpus-'));
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, document);
  const child = spawn(process.execPath, [`--import=${PRELOAD}`, PROGRAM, 'run', file], {
    cwd: folder,
    env: { PATH: process.env['PATH'], CANARY_PORT: String(canaryPort), ...SECRETS },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
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
  const started = await new Promise<StartLine>((resolve, reject) => {
    for (const output of [child.stdout, child.stderr]) {
      if (output === null) continue;
      createInterface(output).on('line', (line) => {
        lines.push(line);
        if (line.includes('"listeners":')) resolve(JSON.parse(line));
      });
    }
    child.once('exit', () => reject(new Error(`the gateway ended: ${lines.slice(-20).join('\n')}`)));
  });
  let questions: Promise<unknown> = Promise.resolve();
  const ask = (question: object): Promise<Figures> =>
    new Promise((resolve, reject) => {
      const over = (): void => {
        child.off('message', answered);
        child.off('exit', ended);
      };
      const answered = (figures: Figures): void => {
        over();
        resolve(figures);
      };
      const ended = (): void => {
        over();
        reject(new Error('the gateway ended'));
      };
      child.once('message', answered);
      child.once('exit', ended);
      if (child.connected) child.send(question);
      else ended();
    });
  return {
    pid: child.pid ?? 0,
    file,
    lines,
    alive: () => child.exitCode === null && child.signalCode === null,
    port(listener) {
      const found = started.listeners.find(({ name }) => name === listener);
      if (found === undefined) throw new Error(`no listener ${listener}`);
      return found.port;
    },
    adminPort: started.admin.port,
    figures(question = {}) {
      const asked = questions.then(() => ask(question));
      questions = asked.catch(() => undefined);
      return asked;
    },
  };
}
