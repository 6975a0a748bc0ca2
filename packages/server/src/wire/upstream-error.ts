/** What went wrong with a call. The first six are about time or room, the others about what an upstream did. */
export type UpstreamProblem =
  | 'POSTERN_CONNECT_TIMEOUT'
  | 'POSTERN_HEADERS_TIMEOUT'
  | 'POSTERN_BODY_TIMEOUT'
  | 'POSTERN_QUEUE_TIMEOUT'
  | 'POSTERN_QUEUE_FULL'
  | 'POSTERN_POOL_CLOSED'
  /** No connection; `cause` has the system's or the TLS layer's word. */
  | 'POSTERN_UNREACHABLE'
  /** The connection ended before a single byte of the answer. */
  | 'POSTERN_NO_ANSWER'
  /** It ended in mid-answer. */
  | 'POSTERN_ANSWER_CUT'
  /** What came is no answer of HTTP/1, or could be read in two ways. */
  | 'POSTERN_BAD_ANSWER'
  /** A line of the request holds what no line may hold: nothing was sent. */
  | 'POSTERN_UNSENDABLE'
  /** The client's body is not as long as it said. */
  | 'POSTERN_BODY_LENGTH';

/** How a socket ended: the other side said that there is no more, it broke, or it was closed. */
export type Ending = 'finished' | 'closed' | Error;

interface About {
  readonly reused?: boolean;
  readonly cause?: Error | undefined;
}

/** Why a call of an upstream came to nothing. */
export class UpstreamError extends Error {
  readonly code: UpstreamProblem;
  /** True when the connection had carried an answer before: it may have been closed as we wrote. */
  readonly reused: boolean;

  constructor(code: UpstreamProblem, message: string, about: About = {}) {
    const { cause } = about;
    if (cause === undefined) super(message);
    else super(`${message}: ${cause.message}`, { cause });
    this.code = code;
    this.reused = about.reused ?? false;
  }
}
