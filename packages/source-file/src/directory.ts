import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { stat } from 'node:fs/promises';

/** A watch on one directory that outlives the directory. */
export interface DirectoryWatch {
  /** Watches again when the directory was deleted and made anew, or was absent before. */
  renew(): Promise<void>;
  stop(): void;
}

/**
 * Calls `hint` on every event in the directory. The directory, not the file: an atomic rename or the swap of a symbolic
 * link gives the file a new inode, and a watch on the old one hears nothing more. Which names the events carry is not
 * looked at, since Kubernetes swaps a link (`..data`) whose name is not the file's.
 */
export function watchDirectory(path: string, hint: () => void): DirectoryWatch {
  let watcher: FSWatcher | undefined;
  let inode = '';
  let stopped = false;

  function drop(): void {
    watcher?.close();
    watcher = undefined;
    inode = '';
  }

  return {
    async renew(): Promise<void> {
      const found = await inodeOf(path);
      if (stopped || (found === inode && watcher !== undefined)) return;
      drop();
      if (found === '') return;
      try {
        watcher = watch(path, hint);
        // Out of watches (ENOSPC) or gone: the poll goes on without.
        watcher.on('error', drop);
        inode = found;
      } catch {
        drop();
      }
    },
    stop(): void {
      stopped = true;
      drop();
    },
  };
}

async function inodeOf(path: string): Promise<string> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return '';
  }
}
