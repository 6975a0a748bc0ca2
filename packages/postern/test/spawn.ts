import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { programEnvironment } from '../../../test/kit/program-environment.ts';

/** Milliseconds: longer than a run, or a start, takes on a busy machine. */
const LONGEST = 120_000;

const PROGRAM = fileURLToPath(new URL('../bin/postern.mjs', import.meta.url));

/** A run of the real program. */
export interface Run {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  /** Exit code, once it has ended and both pipes are empty; null after a kill by signal. */
  readonly ended: Promise<number | null>;
}

/** How to start it. */
export interface Start {
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts the program; call `ended` or kill the child. */
export function start(words: readonly string[], { cwd, environment = {} }: Start): Run {
  const env = { ...programEnvironment(), ...environment };
  const child = spawn(process.execPath, [PROGRAM, ...words], { cwd, env });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = new Promise<number | null>((resolve) => void child.once('close', resolve));
  return { child, out: () => out, err: () => err, ended };
}

/** Runs the program to its end. */
export async function run(
  words: readonly string[],
  options: Start,
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const started = start(words, options);
  const late = setTimeout(() => started.child.kill('SIGKILL'), LONGEST);
  const code = await started.ended;
  clearTimeout(late);
  return { code, out: started.out(), err: started.err() };
}

/** The start line of a running gateway, as data. */
export async function startLine(started: Run): Promise<{
  readonly listeners: readonly { readonly port: number }[];
  readonly admin: { readonly port: number };
  readonly revision: number;
  readonly msg: string;
}> {
  for (const end = performance.now() + LONGEST; performance.now() < end;) {
    const line = started
      .out()
      .split('\n')
      .find((found) => found.includes('"listeners"'));
    if (line !== undefined) return JSON.parse(line);
    if (started.child.exitCode !== null) throw new Error(`it ended: ${started.err()}`);
    await delay(20);
  }
  throw new Error(`no start line: ${started.out()} ${started.err()}`);
}
