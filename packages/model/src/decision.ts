import type { Consumer } from './consumer.ts';
import type { HttpProtocol, StepName } from './exchange.ts';
import type { Labels, Level, PolicyMode } from './policy.ts';

/** Stands where a credential stood: in headers, in the values of query parameters. */
export const HIDDEN = '(hidden)';

/**
 * The record of all verdicts of one exchange: what `postern explain` prints, the admin API answers and policy tests look
 * at. Plain data; a fact that is not there is null, never missing. The names of its members are a contract.
 */
export interface Decision {
  /** The request id, as the client's problem document and the log have it. */
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  readonly revision: number;
  readonly digest: string;
  /** The document's file, or its key on the bus. */
  readonly origin: string;
  readonly request: DecidedRequest;
  readonly route: DecidedRoute | null;
  /** Routes that did not take the request, nearest first; at most 20. */
  readonly others: readonly LostRoute[];
  /** Who the caller is; null when no policy has identified it. */
  readonly consumer: Consumer | null;
  /** In run order. */
  readonly policies: readonly DecidedPolicy[];
  readonly answer: DecidedAnswer;
  /** What the upstream was sent; null when none was asked. */
  readonly upstream: AskedUpstream | null;
}

/** Header lines as pairs; credentials are `(hidden)`. */
export type ShownHeaders = readonly (readonly [name: string, value: string])[];

/** The request as it was judged. */
export interface DecidedRequest {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly path: string;
  readonly query: string;
  readonly protocol: HttpProtocol;
  readonly clientAddress: string;
  readonly headers: ShownHeaders;
}

/** The route that took the request, and its line. */
export interface DecidedRoute {
  readonly group: string;
  readonly route: string;
  /** Base path and pattern together; null, as the line, when the document is gone. */
  readonly pattern: string | null;
  readonly file: string | null;
  readonly line: number | null;
}

/** A route that did not take the request. */
export interface LostRoute {
  readonly group: string;
  readonly route: string;
  /** `<what>: <why>`, where what is listener, host, base path, path, method, header or nearer. */
  readonly reason: string;
}

/** A line of a document. */
export interface Line {
  readonly file: string;
  readonly line: number;
}

/** One policy of the pipeline, and all that it did. */
export interface DecidedPolicy {
  readonly policy: string;
  readonly plugin: string;
  /** The level whose list names it. */
  readonly level: Level;
  /** The line that defines the policy. */
  readonly file: string;
  readonly line: number;
  /** The entry of the list. */
  readonly at: Line;
  readonly labels: Labels;
  readonly mode: PolicyMode;
  readonly locked: boolean;
  /** All have to hold; `holds` is null where it was not evaluated. */
  readonly when: readonly { readonly text: string; readonly holds: boolean | null }[];
  /** In the order in which they ran; a step that the request never came to is not among them. */
  readonly steps: readonly DecidedStep[];
}

/**
 * What a step said. `would ask`: it needs an outside answer that is not there, and its verdict is unknown; `unknown`: it
 * needs what was not kept. Both count as `continue` for what follows. `would ...` of a verdict: it is only in shadow.
 */
export type StepVerdict =
  | 'continue'
  | 'respond'
  | 'refuse'
  | 'failed'
  | 'skipped'
  | 'unknown'
  | 'would ask'
  | 'would respond'
  | 'would refuse'
  | 'would fail';

/** One step of one policy. */
export interface DecidedStep {
  readonly step: StepName;
  readonly verdict: StepVerdict;
  readonly status: number | null;
  readonly code: string | null;
  readonly detail: string | null;
  /** Names of what it read: `request.method`, `request.headers.origin`, `params.id`, `consumer`, `now`, `random`... */
  readonly reads: readonly string[];
  readonly edits: readonly DecidedEdit[];
  readonly asked: readonly {
    readonly key: string;
    readonly answer: 'recorded' | 'given' | 'would ask';
  }[];
}

/** One edit: of a header, or of the target that the upstream is asked for (`path`, `query`). */
export interface DecidedEdit {
  readonly on: 'outgoing' | 'response' | 'target';
  readonly operation: 'set' | 'add' | 'remove';
  readonly name: string;
  readonly value: string;
  /** It had no effect: another plugin owns the header, or the policy is in shadow. */
  readonly dropped: boolean;
}

/** What left for the client. */
export interface DecidedAnswer {
  readonly status: number;
  readonly madeBy: 'upstream' | 'gateway' | 'policy';
  readonly policy: string | null;
  /** Of a refusal. */
  readonly code: string | null;
  /** One sentence, as the client of a refusal gets it. */
  readonly detail: string | null;
  /** `gateway.yaml:41`: the line that made a refusal. */
  readonly where: string | null;
  readonly headers: ShownHeaders;
}

/** The head that the upstream got. */
export interface AskedUpstream {
  readonly name: string;
  /** With the query. */
  readonly path: string;
  readonly headers: ShownHeaders;
}
