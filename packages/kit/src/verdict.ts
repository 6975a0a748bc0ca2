import type { HeaderPairs, Refuse, Respond } from '@postern/model';

const NONE: HeaderPairs = Object.freeze([]);

/** A verdict that answers in the upstream's place. Header names are lower case; make it once in `compile` where you can. */
export function respond(answer: {
  readonly status: number;
  readonly headers?: HeaderPairs;
  readonly body?: string | Uint8Array;
}): Respond {
  return { kind: 'respond', status: answer.status, headers: answer.headers ?? NONE, body: answer.body };
}

/**
 * A verdict that turns the request away. `code` is `<plugin>/<reason>`; `detail` is one sentence for the client; `why` is for
 * decisions and the log alone: which rule it was.
 */
export function refuse(answer: {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly headers?: HeaderPairs;
  readonly why?: string;
}): Refuse {
  return {
    kind: 'refuse',
    status: answer.status,
    code: answer.code,
    detail: answer.detail,
    headers: answer.headers ?? NONE,
    ...(answer.why === undefined ? {} : { why: answer.why }),
  };
}
