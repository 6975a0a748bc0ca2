import type { OnReadOpts } from 'node:net';

/** Bytes of one read: as much as Node asks the system for. */
const ROOM = 64 * 1024;
/** Up to this size what was read is copied out: cheaper than 64 KiB of new memory for the few hundred bytes of most answers. */
export const SMALL = 8 * 1024;
/** So many small reads in a row, and a socket is no longer in large bodies. A large answer often ends with a small one. */
const SMALL_AGAIN = 4;

/** What all TCP connections read into; a read is over before the next one begins. Nobody else may see it. */
const shared = Buffer.allocUnsafeSlow(ROOM);

/**
 * Takes what was read. `done`: its memory may be read into again. `kept`: somebody still uses it. `paused`: the same, and no more
 * is wanted for now.
 */
export type TakeBytes = (bytes: Buffer) => 'done' | 'kept' | 'paused';

/**
 * Reads of one socket past Node's streams: what is small comes in memory of its own size. A socket in large bodies reads into
 * memory of its own, which is handed on without a copy, and read into again once nobody uses it; one that is held back has none.
 */
export function readsOf(take: TakeBytes): OnReadOpts {
  let room = shared;
  let smallReads = 0;
  return {
    buffer: () => room,
    callback: (size) => {
      const used = room;
      const read = used.subarray(0, size);
      if (size <= SMALL) {
        smallReads += 1;
        if (smallReads >= SMALL_AGAIN) room = shared;
        take(Buffer.from(read));
        return true;
      }
      smallReads = 0;
      // Before `take`, which may throw: nobody reads into what was handed on.
      room = shared;
      const taken = take(used === shared ? Buffer.from(read) : read);
      if (taken === 'done' && used !== shared) room = used;
      else if (taken !== 'paused') room = Buffer.allocUnsafeSlow(ROOM);
      return true;
    },
  };
}
