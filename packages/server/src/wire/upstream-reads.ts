import type { OnReadOpts } from 'node:net';

/** Bytes of one read: as much as Node asks the system for. */
const ROOM = 64 * 1024;
/** Up to this size what was read is copied out: cheaper than 64 KiB of new memory for the few hundred bytes of most answers. */
const SMALL = 8 * 1024;

/** What all TCP connections read into; a read is over before the next one begins. Nobody else may see it. */
const shared = Buffer.allocUnsafeSlow(ROOM);

/** Takes what was read, and may keep it. False: it wants no more for now. */
export type TakeBytes = (bytes: Buffer) => boolean;

/**
 * Reads of one socket past Node's streams: what is small comes in memory of its own size. In the midst of a large body the
 * socket reads into memory of its own, which is then handed on without a copy; one that is held back has none.
 */
export function readsOf(take: TakeBytes): OnReadOpts {
  let room = shared;
  return {
    buffer: () => room,
    callback: (size) => {
      const read = room.subarray(0, size);
      // Before `take`, which may throw: nobody reads into what was handed on.
      const bytes = room === shared || size <= SMALL ? Buffer.from(read) : read;
      room = shared;
      if (take(bytes) && size > SMALL) room = Buffer.allocUnsafeSlow(ROOM);
      return true;
    },
  };
}
