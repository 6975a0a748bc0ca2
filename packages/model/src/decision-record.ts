import type { DecidedEdit, ShownHeaders } from './decision.ts';
import type { Consumer } from './consumer.ts';
import type { HttpProtocol } from './exchange.ts';
import type { HeaderPairs } from './verdict.ts';

/**
 * What a gateway kept of one exchange: enough to rebuild its decision by a rehearsal. Plain data. Credentials and the
 * values of the query are `(hidden)`; bodies were never there. A fact that is not there is null, never missing.
 */
export interface DecisionRecord {
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  readonly revision: number;
  readonly digest: string;
  readonly origin: string;
  readonly request: RecordedRequest;
  /** The id that the exchange made for itself; null when none was needed, or a policy set another first. */
  readonly madeId: string | null;
  /** Answers from outside, in the order of the questions. */
  readonly asked: readonly RecordedAnswer[];
  /** What chance gave, in order. */
  readonly drawn: readonly { readonly policy: string; readonly value: number }[];
  readonly consumer: Consumer | null;
  /** The policy that identified the consumer; null when none did. */
  readonly identifiedBy: string | null;
  readonly upstream: RecordedUpstream | null;
  readonly outcome: RecordedOutcome;
}

/** The head of the request, and where it came in. */
export interface RecordedRequest {
  readonly listener: string;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly protocol: HttpProtocol;
  /** As the request named it; trusted proxies may have named another. */
  readonly host: string;
  readonly headers: ShownHeaders;
  /** Address of the connection. */
  readonly peer: string;
  readonly client: {
    readonly address: string;
    readonly scheme: 'http' | 'https';
    readonly host: string | null;
    readonly forwardedFor: string | null;
  };
  readonly bodyBytes: number;
  /** Whether a body followed the head, read or not. */
  readonly hasBody: boolean;
}

/** One answer to an `ask`. */
export interface RecordedAnswer {
  readonly policy: string;
  readonly key: string;
  readonly value: unknown;
  /** It came as a promise. */
  readonly promised: boolean;
  /** The question failed, or had no answer before the exchange ended. */
  readonly failed: boolean;
}

/** The head of the upstream's answer, or what its failure was to the client. */
export type RecordedUpstream =
  | { readonly kind: 'answer'; readonly status: number; readonly headers: HeaderPairs }
  | { readonly kind: 'failed'; readonly status: number; readonly code: string; readonly detail: string };

/** A verdict as a policy gave it. */
export type RecordedVerdict =
  | { readonly policy: string; readonly kind: 'failed'; readonly code: string }
  | {
      readonly policy: string;
      readonly kind: 'respond' | 'refuse';
      readonly status: number;
      readonly code: string;
      readonly detail: string;
      readonly headers: HeaderPairs;
      /** Of a refusal: what its client did not get. */
      readonly why?: string;
    };

/** What came of the exchange: what a replay is held against. */
export interface RecordedOutcome {
  readonly group: string | null;
  readonly route: string | null;
  readonly given: readonly RecordedVerdict[];
  readonly edits: readonly (DecidedEdit & { readonly policy: string })[];
  readonly status: number;
  readonly madeBy: 'upstream' | 'gateway' | 'policy';
  readonly policy: string | null;
  readonly code: string | null;
  readonly where: string | null;
  /** Without those that frame the message. */
  readonly headers: ShownHeaders;
}

/** A record in one line, for lists. */
export interface DecisionSummary {
  readonly id: string;
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly group: string | null;
  readonly route: string | null;
  readonly status: number;
  readonly policy: string | null;
  readonly code: string | null;
  readonly where: string | null;
}
