import type { Answer, Answers } from './answer-reader.ts';
import type { Recording } from './recorder.ts';

/** What was seen of a case: plain data, for the judge. */
export interface Observation {
  /** On the connection of the case, before any probe. */
  readonly answers: Answers;
  /** By the gateway. */
  readonly closed: boolean;
  /** By the gateway, in a way that leaves the connection: a stream of HTTP/2 was reset. */
  readonly reset?: boolean;
  /** Of a probe on the same connection, when it stayed open. */
  readonly same: SameProbe | undefined;
  /** The upstream of the group echo, and that of the guarded groups; without probes. */
  readonly u1: Recording;
  readonly u2: Recording;
  readonly hostile: Recording;
  /** Connections to the canary while the case ran. */
  readonly canary: number;
  /** What U1 is called by its configuration. */
  readonly upstreamHost: string;
  /** What another client got from the same upstream right after. */
  readonly next?: Answer | undefined;
}

/** What a probe on the connection of a case got. */
export interface SameProbe {
  /** All of the connection, the case's own among them. */
  readonly answers: Answers;
  readonly expected: string;
  readonly closed: boolean;
}

/** What was seen of the gateway itself. */
export interface Health {
  readonly alive: boolean;
  /** Three clean requests on connections of their own. */
  readonly probes: readonly CleanProbe[];
  /** Requests that an upstream saw and no policy wrote about. */
  readonly unlogged: readonly string[];
  /** Lines of its log that hold a control byte, a secret, or word of a mistake of its own. */
  readonly lines: readonly string[];
  /** Processor time of its longest turns, in milliseconds. */
  readonly p99: number;
}

/** One clean request. */
export interface CleanProbe {
  readonly expected: string;
  readonly answer: Answer | undefined;
  readonly time: number;
}
