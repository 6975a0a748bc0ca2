import type { Socket } from 'node:net';
import type { TakeBytes } from './upstream-reads.ts';

/** What is left of a call once its upstream answered 101. */
export interface Switched {
  /** Field lines of that answer, names in lower case; nothing of it was checked but that they are field lines. */
  readonly pairs: readonly string[];
  /** The caller's from now on, with all that may become of it. */
  readonly socket: Socket;
  /** What came behind the head. */
  readonly first: Buffer;
}

/** Takes a connection over; what it gives back is called with all that is read from then on. */
export type OnSwitch = (switched: Switched) => TakeBytes;
