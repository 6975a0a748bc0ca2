import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { watchDirectory } from './directory.ts';
import { whenQuiet } from './quiet.ts';

const QUIET = 50;
const LONGEST = 500;
// For file systems without events (network mounts, some container volumes), and for a link's target edited in place.
const POLL = 2000;

/**
 * Calls `hint` when one of the files may have changed, once its writer has paused. Wrong hints happen, missed ones do
 * not: a look at the content decides. Returns what ends it and releases every timer and watch.
 */
export function watchHints(paths: readonly string[], hint: () => void): () => void {
  const quiet = whenQuiet(hint, { quiet: QUIET, longest: LONGEST });
  const directories = [...new Set(paths.map((path) => dirname(path)))].map((path) => watchDirectory(path, quiet.tell));
  let seen: string | undefined;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  async function poll(): Promise<void> {
    await Promise.all(directories.map((directory) => directory.renew()));
    const now = (await Promise.all(paths.map(signature))).join();
    if (stopped) return;
    // The first round hints too: the file may have changed between its first look and the first watch.
    if (now !== seen) quiet.tell();
    seen = now;
    timer = setTimeout(() => void poll(), POLL);
  }

  void poll();
  return () => {
    stopped = true;
    clearTimeout(timer);
    quiet.stop();
    for (const directory of directories) directory.stop();
  };
}

/** Changes with every write, rename or change of rights that a file system tells of. */
async function signature(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
  } catch {
    return '';
  }
}
