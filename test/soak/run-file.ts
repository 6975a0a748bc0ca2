import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Form } from './forms.ts';
import type { Screen } from './screen.ts';

/** Of the repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Milliseconds by which faults come later, at random, where their tests are run many times. */
export const JITTER = 80;

/** One run of a file; `first`: it has not been run before. */
export interface Run {
  readonly file: string;
  readonly first: boolean;
}

/** What a run is to know of the whole. */
export interface RunOptions {
  readonly short: boolean;
  readonly out: string;
  readonly seed: number;
  readonly screen: Screen;
}

/** Runs one file; resolves with what failed in it, for people. All that a failed run said is kept. */
export async function runFile(
  form: Form,
  { file, first }: Run,
  { short, out, seed, screen }: RunOptions,
): Promise<string | undefined> {
  const jitter = form.times !== undefined && form.times.full > 1 && !short ? String(JITTER) : '0';
  const child = spawn(process.execPath, [join(ROOT, file)], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
      // What is long in a file is shown once.
      SOAK: short || !first ? '0' : '1',
      SOAK_OUT: out,
      SEED: String(seed),
      // A soak takes as long as it takes; only faults are tests that may hang.
      TAP_TIMEOUT: form.times === undefined ? '0' : '2400',
      POSTERN_TEST_JITTER: jitter,
      ...form.environment,
    },
  });
  const failed: string[] = [];
  const lines: string[] = [];
  for (const output of [child.stdout, child.stderr])
    createInterface(output).on('line', (line) => {
      lines.push(line);
      const [, said] = /^\s*# progress: (.*)$/.exec(line) ?? [];
      if (said !== undefined) screen.progress(`${form.name}: ${said}`);
      if (/^\s*not ok \d/.test(line) && !/# (TODO|SKIP)\b/i.test(line)) failed.push(line.trim());
    });
  const code = await new Promise<number | null>((resolve) => void child.once('close', resolve));
  if (code === 0 && failed.length === 0) return undefined;
  const said = failed.slice(0, 3).join('; ') || `exit code ${code}: ${lines.at(-1) ?? 'without a word'}`;
  return `${file}: ${said} (${keep(file, lines)})`;
}

/** Where it is kept. */
function keep(file: string, lines: readonly string[]): string {
  const folder = 'node_modules/.cache/postern/soak-failed';
  mkdirSync(join(ROOT, folder), { recursive: true });
  const kept = `${basename(file, '.test.ts')}-${new Date().toISOString().replaceAll(/[-:]|\..*/g, '')}.tap`;
  writeFileSync(join(ROOT, folder, kept), `${lines.join('\n')}\n`);
  return kept;
}
