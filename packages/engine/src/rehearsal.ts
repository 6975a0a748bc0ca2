import type { CheckedDocument, Decision, HeaderList, HeaderPairs, HttpProtocol, Limits, Refuse } from '@postern/model';
import type { Client } from './client.ts';
import type { RunningExchange } from './exchange.ts';
import type { Received } from './received.ts';
import type { Known, Recorder } from './recorder.ts';
import type { Runtime } from './runtime.ts';
import type { Snapshot } from './snapshot.ts';

/** A document and its snapshot: `compileApart` makes one that no request and no counter knows. */
export interface Rehearsable {
  readonly document: CheckedDocument;
  readonly snapshot: Snapshot;
}

/** The head of a request that is not sent. */
export interface RehearsedHead {
  readonly method: string;
  /** As it stands on a request line: `/items?page=2`. */
  readonly target: string;
  /** Names in any case; `host` among them. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly protocol: HttpProtocol;
  /** Name of the listener that it comes in on. */
  readonly listener: string;
  readonly scheme: 'http' | 'https';
  /** Address of the connection. */
  readonly peer: string;
  /** What trusted proxies say; absent: the peer is the client. */
  readonly client?: Client | undefined;
}

/** What the upstream says when it is asked. A body is decoded bytes; `null`: there was one, but nobody kept it. */
export type UpstreamAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      /** Lower case names. */
      readonly headers: HeaderPairs;
      readonly body?: Uint8Array | null;
    }
  | { readonly kind: 'failed'; readonly refuse: Refuse };

/** All that a rehearsal is made of. */
export interface RehearsalInputs {
  readonly staged: Rehearsable;
  readonly head: RehearsedHead;
  /** Decoded bytes; absent: no body; `null`: there was one, but nobody kept it. */
  readonly body?: Uint8Array | null;
  /** Absent: 200 without a body. */
  readonly upstream?: UpstreamAnswer | undefined;
  /** Clock, chance, and real time for policies that are late. */
  readonly runtime: Runtime;
  readonly known: Known;
  /** The id that the exchange made for itself; absent: a new one. */
  readonly requestId?: string | undefined;
  /** Absent: those of the document's server section. */
  readonly limits?: Limits | undefined;
}

/** What a rehearsal came to. Only `decision` may be shown or kept: the rest has credentials as they are. */
export interface Rehearsal {
  readonly decision: Decision;
  readonly answer: {
    readonly status: number;
    readonly headers: HeaderList;
    readonly body: string | Uint8Array | undefined;
  };
  /** What the upstream would get; undefined when it is not asked. */
  readonly outgoing: HeaderList | undefined;
  /** The body that it would get, decoded; undefined without one. */
  readonly outgoingBody: Uint8Array | undefined;
  /** Policies that read what was not kept: what they edited because of it, nobody knows. */
  readonly blind: ReadonlySet<string>;
  /** Undefined for what the gate turned away. */
  readonly exchange: RunningExchange | undefined;
  readonly request: Received | undefined;
}

/** A rehearsal under way. */
export interface Play {
  readonly inputs: RehearsalInputs;
  readonly exchange: RunningExchange;
  readonly request: Received;
  readonly recorder: Recorder;
  readonly bodyBytes: number;
  /** What body steps made of the request's body. */
  outgoingBody: Uint8Array | undefined;
}
