/** Header lines as flat pairs: name, value, name, value. Names are lower case. */
export type HeaderPairs = readonly string[];

/** Answers in the upstream's place. */
export interface Respond {
  readonly kind: 'respond';
  readonly status: number;
  readonly headers: HeaderPairs;
  readonly body: string | Uint8Array | undefined;
}

/**
 * Turns the request away. The client gets it as `application/problem+json` (RFC 9457); `code` is `<plugin>/<reason>`,
 * `detail` one sentence that a client may see.
 */
export interface Refuse {
  readonly kind: 'refuse';
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly headers: HeaderPairs;
  /** What decisions and the log say beside the detail: which rule it was. The client never gets it. */
  readonly why?: string | undefined;
}

/** What a step says when it does not simply continue. */
export type Verdict = Respond | Refuse;

/** Nothing (continue), a verdict, or a promise of either. Steps are synchronous where they can be. */
export type StepResult = Verdict | undefined | void | Promise<Verdict | undefined | void>;
