import type { OnReadOpts } from 'node:net';

/** Bytes of one read: as much as Node asks the system for. */
const ROOM = 64 * 1024;
/** Up to this size what was read is copied out: cheaper than 64 KiB of new memory for the few hundred bytes of most answers. */
const SMALL = 8 * 1024;

/** What all TCP connections read into; a read is over before the next one begins. Nobody else may see it. */
const shared = Buffer.allocUnsafeSlow(ROOM);

/**
 * Reads of one socket past Node's streams: what is small comes in memory of its own size. In the midst of a large body the
 * socket reads into memory of its own, which is then handed on without a copy.
 */
export function readsOf(take: (bytes: Buffer) => void): OnReadOpts {
  let room = shared;
  return {
    buffer: () => room,
    callback: (size) => {
      const read = room.subarray(0, size);
      if (size <= SMALL) {
        room = shared;
        take(Buffer.from(read));
      } else {
        const whole = room === shared ? Buffer.from(read) : read;
        room = Buffer.allocUnsafeSlow(ROOM);
        take(whole);
      }
      return true;
    },
  };
}
