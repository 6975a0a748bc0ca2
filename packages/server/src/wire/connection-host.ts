import type { Socket } from 'node:net';
import type { Limits } from '@postern/model';
import type { Refused } from './request-head.ts';
import type { WireRequest } from './wire-request.ts';
import type { WireResponse } from './wire-response.ts';

/** What all connections of a listener have in common. */
export interface ConnectionHost {
  readonly limits: Limits;
  readonly handler: (request: WireRequest, response: WireResponse) => void;
  /** Writes the answer to what is no request; the connection then ends. */
  readonly refusal: (refused: Refused, socket: Socket) => string;
  readonly connections: Set<Swept>;
  /** A time that is never behind: what it dates ends late by a look or two, and never early. */
  readonly clock: { readonly now: number };
}

/**
 * What a connection does. `answer`: the request is here, its answer is not out. `tunnel`: another protocol is spoken. `ending`:
 * what still comes is not read.
 */
export type Phase = 'head' | 'body' | 'answer' | 'tunnel' | 'ending';

/** What a look now and then ends once it is over its time, so that it needs no timer of its own. */
interface Swept {
  /** Ends what is over its time at `now`. */
  sweep(now: number): void;
  /** Ends at once. */
  destroy(): void;
}
