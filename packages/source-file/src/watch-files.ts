import { watchHints } from './hints.ts';
import { keyNow, settledLook } from './look.ts';

/**
 * Calls `changed` when the content of one of the files changed, was deleted or came back; several files written at
 * about the same time (a certificate and its key) count as one change. Read the files after this call, and no change is
 * missed. Returns what ends it.
 */
export function watchFiles(paths: readonly string[], changed: () => void): () => void {
  let known: Promise<readonly string[]> = Promise.resolve(paths.map(keyNow));
  let stopped = false;

  async function compare(before: readonly string[]): Promise<readonly string[]> {
    const looks = await Promise.all(paths.map((path, at) => settledLook(path, before[at] ?? '')));
    const now = looks.map((seen) => seen.key);
    if (!stopped && now.join() !== before.join()) changed();
    return now;
  }

  const unwatch = watchHints(paths, () => {
    known = known.then(compare);
  });
  return () => {
    stopped = true;
    unwatch();
  };
}
