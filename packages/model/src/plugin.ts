import type { Budget, BudgetTerms } from './budget.ts';
import type { Body, DoneExchange, Exchange, ResponseExchange, StreamTap, StreamTransform } from './exchange.ts';
import type { Consumer, KnownConsumer } from './consumer.ts';
import type { Finding } from './issue.ts';
import type { Labels } from './policy.ts';
import type { StepResult, Verdict } from './verdict.ts';

/** A step that needs the whole body. `limit` in bytes of the decoded body; over it: 413 for a request, 502 for a response. */
export interface BodyStep<Seen extends Exchange> {
  readonly limit: number;
  /**
   * Whether the body of this exchange is for it, by what the head says: asked after all steps of the head have run. A body that
   * no step wants is not read, and streams. Absent: every body is. One that throws fails in the step's own place.
   */
  wants?(exchange: Seen): boolean;
  run(exchange: Seen, body: Body): StepResult;
}

/** The steps of one compiled policy. An absent step costs nothing on the request path. */
export interface Handlers {
  /** Answers CORS preflights; only cors uses it. Undefined leaves the preflight to be an ordinary OPTIONS. */
  preflight?(exchange: Exchange): Verdict | undefined;
  /** Headers are here, the body is not. */
  request?(exchange: Exchange): StepResult;
  readonly requestBody?: BodyStep<Exchange>;
  /** Status and headers of what is about to leave; run backwards, also on answers that the gateway makes itself. */
  response?(exchange: ResponseExchange): StepResult;
  readonly responseBody?: BodyStep<ResponseExchange>;
  /** Taps or transforms the streaming body; never buffers. */
  responseStream?(exchange: ResponseExchange): StreamTap | StreamTransform | undefined;
  /** After the last byte: logs, metrics. */
  done?(exchange: DoneExchange): void;
  /** When no snapshot that shares this instance has exchanges left. */
  close?(): void | Promise<void>;
}

/** What a plugin gets when one of its policies is compiled. */
export interface CompileContext {
  readonly policy: string;
  readonly labels: Labels;
  /** True where the policy is compiled for shadow: what it takes of the machine must not be missing to those that count. */
  readonly shadow: boolean;
  /** Every credential that the consumers of the document have for this plugin, in document order. */
  readonly consumers: readonly KnownConsumer[];
  /**
   * The consumer of that name, with or without a credential for this plugin; undefined when the document has none. For plugins
   * that take credentials: a policy of another is not compiled again when a consumer changes.
   */
  consumer(name: string): Consumer | undefined;
  /**
   * State of this policy name across snapshots: made once, handed to every later compile, disposed of when no snapshot
   * has the policy any more. Rate-limit buckets, token caches.
   */
  keep<State>(key: string, create: () => State, dispose?: (state: State) => void): State;
  /**
   * A counter of this policy name that all workers of the gateway share: a rate limit's, a quota's. Take from it with
   * `exchange.take`. What was taken stays taken over reloads, as long as window and algorithm stay.
   */
  budget(name: string, terms: BudgetTerms): Budget;
  /**
   * Reads an expression of the config: CEL, over the names that `when` of a policy knows. Parsed, type-checked and bounded in
   * cost; what is wrong with it comes as findings with an empty path, for `compile` to put its own in front.
   */
  condition(text: string): ReadExpression<boolean>;
  /** The same for an expression that gives a text. */
  text(text: string): ReadExpression<string>;
  /** Reports something that the author should know but that does not refuse the document. Path relative to the config. */
  warn(finding: Omit<Finding, 'severity'>): void;
  /** A counter of this policy, by event name; call the returned function to count one. */
  counter(event: string): () => void;
  /** Writes one line to the gateway's log, as JSON. Never blocks. */
  write(record: Readonly<Record<string, unknown>>): void;
}

/** An expression of a config, ready to run, or what is wrong with it. */
export type ReadExpression<Value> =
  /** Throws where the expression has no answer: the number of a text that is none. */
  | { readonly kind: 'read'; valueOf(exchange: Exchange): Value }
  | { readonly kind: 'wrong'; readonly findings: readonly Finding[] };

/** What `compile` says: the steps, or every problem with the config (paths relative to it). */
export type CompileResult = Handlers | readonly Finding[];

/** What stages that never run a plugin know about it: plain data that crosses threads. */
export interface PluginFacts {
  readonly name: string;
  readonly summary: string;
  /** True: of this plugin only the narrowest attached policy counts on a route. */
  readonly single: boolean;
  /**
   * Lower-case prefixes of response headers that this plugin owns: its response step runs last, and edits of those headers
   * by other policies are dropped.
   */
  readonly owns: readonly string[];
  /** True: its policies answer CORS preflights, and so take no condition. */
  readonly preflight: boolean;
  /** JSON Schema of the config. */
  readonly config: object;
  /** JSON Schema of one credential that a consumer may have for this plugin; absent: it knows no consumers. */
  readonly credential?: object | undefined;
}

/**
 * What a policy is for, as lint needs to know it. `any-origin`: lets scripts of every web site read; `transforms`, `validates`:
 * bodies; `always-answers`: no request gets past it.
 */
export type Trait = 'authenticates' | 'caches' | 'validates' | 'transforms' | 'any-origin' | 'always-answers';

/** Names of headers that a policy sets or removes, in lower case. Values joined to those that are there do not count. */
export interface HeaderWrites {
  readonly request?: readonly string[];
  readonly response?: readonly string[];
}

/** The code behind a policy, with its config type erased: `compile` checks before it trusts. */
export interface Plugin extends PluginFacts {
  compile(config: unknown, context: CompileContext): CompileResult;
  /**
   * Whether a policy with this config refuses callers that are not identified or allowed: in its request step, whatever
   * the request looks like.
   */
  guards(config: unknown): boolean;
  /** Whether a request step with this config may answer in the upstream's place; absent: it may. Refusals are no answers. */
  answers?(config: unknown): boolean;
  /** Headers, of requests or answers, that carry credentials under this config: they are kept and shown nowhere. */
  credentials?(config: unknown): readonly string[];
  /**
   * What must be different in all credentials for this plugin, in a word that shows no secret: a digest of the key, the user's
   * name. Two consumers with one are an issue.
   */
  credentialId?(credential: unknown): string | undefined;
  /** What is wrong with one credential beyond its schema, with paths relative to it. Absent: nothing. */
  credentialFindings?(credential: unknown): readonly Finding[];
  /** The kit that it was built for: a range of versions, `^0.1.0`. Absent: whichever. */
  readonly kit?: string | undefined;
  /** What a policy with this config is for; only lint asks. Absent: nothing that lint knows. */
  traits?(config: unknown): readonly Trait[];
  /** Headers that a policy with this config writes; only lint asks. Absent: none. */
  writes?(config: unknown): HeaderWrites;
}
