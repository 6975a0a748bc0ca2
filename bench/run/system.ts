import { spawnSync } from 'node:child_process';

/** Where packages of the system may stand that are not in everybody's PATH. */
export const SYSTEM_PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`;

/** What a program of the system says when it is called with these words; undefined when it is not there. */
export function said(command: string, ...words: readonly string[]): string | undefined {
  const env = { ...process.env, PATH: SYSTEM_PATH };
  const { status, stdout, stderr } = spawnSync(command, words, { encoding: 'utf8', env });
  return status === null ? undefined : `${stdout}${stderr}`;
}

/** The first version number of a text. */
export function versionIn(text: string | undefined): string | undefined {
  return /\d+\.\d+[\w.]*/.exec(text ?? '')?.[0];
}
