import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../peers');
const STAMP = join(FOLDER, 'node_modules/.installed-lock.json');

/** Installs the Node peers as their lock file has them, when they are not there yet. What went wrong, or undefined. */
export function installPeers(announce: (text: string) => void): string | undefined {
  const lock = readFileSync(join(FOLDER, 'package-lock.json'), 'utf8');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === lock) return undefined;
  announce('installing the Node peers into bench/peers/node_modules ...');
  const words = ['ci', '--no-audit', '--no-fund', '--fetch-retry-mintimeout=2000', '--fetch-retry-maxtimeout=8000'];
  const { status, stdout, stderr } = spawnSync('npm', words, { cwd: FOLDER, encoding: 'utf8', timeout: 600_000 });
  if (status !== 0) return `npm ci in bench/peers failed: ${`${stdout}${stderr}`.trim().split('\n').at(-1) ?? ''}`;
  writeFileSync(STAMP, lock);
  return undefined;
}
