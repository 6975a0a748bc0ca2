import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Test } from 'tap';
import { builtFolders, registryFor } from './npm-registry.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const execute = promisify(execFile);

/** An empty folder of a user who can install what would be published from here. */
export interface UserFolder {
  readonly folder: string;
  /** Runs lines of bash to their end; rejects with what they wrote when one fails. */
  run(lines: string, cwd?: string): Promise<string>;
  /** Starts one command, which takes the place of the shell and is killed when the test ends. */
  start(command: string): ChildProcess;
}

/** tap puts hooks for coverage into each process that a test starts: a user has none. */
const WITHOUT_TAP = 'unset NODE_OPTIONS NODE_V8_COVERAGE;';

/** Builds all packages and offers them, with what they depend on, to a new folder. All is gone when the test ends. */
export async function userFolder(t: Pick<Test, 'teardown'>): Promise<UserFolder> {
  const root = mkdtempSync(join(tmpdir(), 'postern-user-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const dist = join(root, 'dist');
  const folder = join(root, 'shop');
  for (const name of [folder, join(root, 'home')]) mkdirSync(name);
  // This Node, and nothing of this process: npm below npm would take the settings of the one above.
  const { PATH = '' } = process.env;
  let env: Record<string, string> = {
    PATH: `${dirname(process.execPath)}${delimiter}${PATH}`,
    HOME: join(root, 'home'),
  };
  const run: UserFolder['run'] = async (lines, cwd = folder) => {
    const { stdout, stderr } = await execute('bash', ['-ec', `${WITHOUT_TAP}${lines}`], { cwd, env });
    return `${stdout}${stderr}`;
  };
  await run(`node scripts/build.mjs ${dist}`, ROOT);
  env = {
    ...env,
    npm_config_registry: await registryFor(t, builtFolders(dist)),
    npm_config_cache: join(root, 'cache'),
    npm_config_update_notifier: 'false',
  };
  const start: UserFolder['start'] = (command) => {
    const child = spawn('bash', ['-c', `${WITHOUT_TAP}exec ${command}`], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((done) => void child.once('exit', done));
    t.teardown(async () => {
      child.kill('SIGKILL');
      await ended;
    });
    return child;
  };
  return { folder, run, start };
}
