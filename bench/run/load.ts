import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { h2loadWords, readH2load, readWrk, wrkScript, wrkWords } from '../core/load.ts';
import type { Load, LoadReport } from '../core/load.ts';

const execute = promisify(execFile);

/** Runs a load to its end. Its generator uses files of `folder`. */
export async function runLoad(load: Load, folder: string): Promise<LoadReport> {
  if (load.protocol === 'http') {
    const script = join(folder, 'load.lua');
    writeFileSync(script, wrkScript(load));
    const { stdout } = await execute('wrk', wrkWords(load, script));
    return readWrk(stdout);
  }
  const log = join(folder, 'h2load.log');
  rmSync(log, { force: true });
  const { stdout } = await execute('h2load', h2loadWords(load, log));
  return readH2load(stdout, readFileSync(log, 'utf8'));
}
