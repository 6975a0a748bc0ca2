import type { Budget, Taken } from './budget.ts';
import type { Claims, Consumer } from './consumer.ts';
import type { Labels } from './policy.ts';

/** Header lines, read by lower-case name. A name that came on several lines reads as its values joined by `, `. */
export interface HeaderView {
  get(name: string): string | undefined;
  has(name: string): boolean;
  /** Whether there is a line whose name begins so. */
  hasPrefix(prefix: string): boolean;
  entries(): Iterable<readonly [name: string, value: string]>;
}

/** Header lines that a policy may edit; every edit is recorded with the policy that made it. */
export interface HeaderEdits extends HeaderView {
  /** Replaces all lines of that name by one. */
  set(name: string, value: string): void;
  /** Joins the value to a line that is there with `, `, else adds the line. */
  add(name: string, value: string): void;
  remove(name: string): void;
}

/** HTTP versions as documents spell them. */
export type HttpProtocol = 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2';

/** What the client sent. Nothing a policy does changes it. */
export interface ExchangeRequest {
  readonly protocol: HttpProtocol;
  /** Case-sensitive, as received. */
  readonly method: string;
  /** Of the connection, or of a trusted proxy's word. */
  readonly scheme: 'http' | 'https';
  /** Lower-case `host` or `host:port` that the client asked for, without one trailing dot. */
  readonly host: string;
  /** The one canonical path (design: Paths); also what the upstream gets. */
  readonly path: string;
  /** What stands behind `?`, unchanged; empty when there is none. */
  readonly query: string;
  readonly headers: HeaderView;
  /** Whether a body follows the head, of whatever length; none where the head says that its length is 0. */
  readonly hasBody: boolean;
  /** Address of the client: the connection's peer, or the nearest one that no trusted proxy vouches for. */
  readonly clientAddress: string;
}

/** Who made an answer: the upstream, the gateway itself, or a policy by its name. */
export type MadeBy =
  | { readonly kind: 'upstream' }
  | { readonly kind: 'gateway' }
  | { readonly kind: 'policy'; readonly policy: string };

/** The head of what is about to leave. */
export interface ExchangeResponse {
  readonly status: number;
  readonly headers: HeaderEdits;
  readonly madeBy: MadeBy;
}

/** Why a request was turned away, for logs and metrics. */
export interface Refusal {
  /** Undefined when the gateway itself refused. */
  readonly policy: string | undefined;
  readonly code: string;
  /** `gateway.yaml:41`: the line that made the decision; undefined when no line did. */
  readonly where: string | undefined;
  /** Of the policy that refused. */
  readonly labels?: Labels | undefined;
  /** What the policy says of it to the log alone. */
  readonly why?: string | undefined;
}

/** One moment of a policy. */
export type StepName =
  | 'preflight'
  | 'request'
  | 'requestBody'
  | 'response'
  | 'responseBody'
  | 'responseStream'
  | 'done';

/** What a policy in shadow would have done to an exchange, had it been enforced. */
export interface Shadowed {
  readonly policy: string;
  readonly step: StepName;
  readonly kind: 'respond' | 'refuse' | 'failed';
  /** Status that its answer would have had. */
  readonly status: number;
  /** `<plugin>/<reason>` of a refusal, `policy/threw` and the like of a failure; empty for an answer. */
  readonly code: string;
}

/** A path, a query, or both, for the upstream in place of the client's. */
export interface Rewrite {
  /** Absolute; made canonical as the client's was. Below the base path where the group strips it; a target's path goes in front. */
  readonly path?: string;
  /** Without `?`; visible ASCII. Empty: none. */
  readonly query?: string;
}

/** One request with its response, as a policy's request steps see it. Valid until `done` has run. */
export interface Exchange {
  readonly request: ExchangeRequest;
  /** Headers that the upstream will get. */
  readonly outgoing: HeaderEdits;
  /** Path and query that the upstream will get, but for the path of its target. */
  readonly target: { readonly path: string; readonly query: string };
  /** Names of the group and route that took the request; undefined when none did. */
  readonly group: string | undefined;
  readonly route: string | undefined;
  /** Values of the `{param}` segments, without prototype. */
  readonly params: Readonly<Record<string, string>>;
  /** Revision of the snapshot that this exchange began with and ends on. */
  readonly revision: number;
  readonly consumer: Consumer | undefined;
  /** What a verified token says of the caller; undefined before a policy has verified one. */
  readonly claims: Claims | undefined;
  /** This policy's slot on this exchange: what its request step leaves for its later steps. */
  own: unknown;
  /** Milliseconds since 1970 at which the request came: the only clock a policy has. */
  readonly now: number;
  /** At least 0, below 1: the only chance a policy has. */
  random(): number;
  /** Runs `outside` and keeps its answer under `key`: the only way to another service, so that a decision can be replayed. */
  ask<Answer>(key: string, outside: () => Answer): Answer;
  /**
   * Takes from a budget of this policy, for a key such as an address or a consumer; 1 unless told. Never grants more than
   * the limit. A promise only where another process has to be asked first; recorded, so that a decision can be replayed.
   */
  take(budget: Budget, wish: { readonly key: string; readonly amount?: number }): Taken | Promise<Taken>;
  /** Names the caller. A second, different consumer refuses the request with 401. */
  identify(consumer: Consumer): void;
  /** Keeps what a verified token says, for the policies that come later; those of an earlier token are replaced. */
  setClaims(claims: Claims): void;
  /**
   * Changes what the upstream is asked for; recorded. False, and nothing happens, where it is no path or query that the gate would
   * let in: made of what a client sent, that is the client's mistake and 400.
   */
  rewrite(to: Rewrite): boolean;
  /** Id that joins the client's answer with the log; made when first read unless a policy set it. */
  readonly requestId: string;
  setRequestId(id: string): void;
}

/** The exchange as response steps see it. */
export interface ResponseExchange extends Exchange {
  readonly response: ExchangeResponse;
}

/** The exchange after its last byte. */
export interface DoneExchange extends ResponseExchange {
  readonly durationMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** `name` of the upstream that was asked; undefined when none was. */
  readonly upstream: string | undefined;
  /** Labels of the group and the route that took the request; undefined when none did. */
  readonly groupLabels?: Labels | undefined;
  readonly routeLabels?: Labels | undefined;
  readonly refusal: Refusal | undefined;
  /** What policies in shadow would have done, as far as they have said by now. */
  readonly shadowed: readonly Shadowed[];
  /** True when the client went away before the last byte. */
  readonly aborted: boolean;
}

/** A body that a policy asked to have buffered: decoded, whole, within the policy's limit. */
export interface Body {
  readonly bytes: Uint8Array;
  text(): string;
  /** Sends these bytes instead; length, ETag and coding are mended by the server. */
  replace(bytes: Uint8Array | string): void;
}

/** Sees each chunk of a streaming body and changes nothing. */
export interface StreamTap {
  readonly kind: 'tap';
  chunk(bytes: Uint8Array): void;
  end(): void;
}

/** Changes a streaming body: a Node `Transform` or anything shaped like one. */
export interface StreamTransform {
  readonly kind: 'transform';
  readonly stream: NodeJS.ReadWriteStream & { destroy(error?: Error): unknown };
}
