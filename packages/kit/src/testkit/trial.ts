import type { Claims, Consumer, DecidedStep, Decision, HttpProtocol, Issue, Labels, PolicyMode } from '@postern/model';

/** A consumer of a trial, with its credentials for the plugin that is tried. */
export interface TriedConsumer {
  readonly name: string;
  readonly labels?: Labels;
  readonly credentials?: readonly object[];
}

/** What a plugin is tried in. */
export interface Setting {
  readonly config?: object;
  readonly consumers?: readonly TriedConsumer[];
  readonly labels?: Labels;
  /** Default: enforce. */
  readonly mode?: Exclude<PolicyMode, 'off'>;
  /** Time that one step may take, as documents write it. Default: `1s`. */
  readonly timeout?: string;
  /** Pattern of the route. Default: everything. */
  readonly path?: string;
  /** What `${env:NAME}` stands for. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Who the caller is, as a policy in front would say it. */
  readonly caller?: { readonly consumer?: Consumer; readonly claims?: Claims };
}

/** A request to try, with what the world around the gateway says to it. */
export interface TriedRequest {
  /** Default: GET. */
  readonly method?: string;
  /** Path and query. Default: `/`. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Address of the client. Default: 192.0.2.1. */
  readonly from?: string;
  readonly protocol?: HttpProtocol;
  /** What the upstream answers. Default: 200 without a body. */
  readonly upstream?: {
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  };
  /** Answers to what the plugin asks outside, by key. What is not among them is asked for good. */
  readonly outside?: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970. Default: the first of January 2026. */
  readonly now?: number;
  /** What chance says. Default: 0.5. */
  readonly random?: number;
}

/** What came of a request. */
export interface Answer {
  readonly status: number;
  /** Of the answer; a name that came twice has its values joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What the upstream got; undefined when it was not asked. */
  readonly upstream:
    | { readonly path: string; readonly headers: Readonly<Record<string, string>>; readonly body: string }
    | undefined;
  /** What each step of the plugin said, read and edited, in the order in which they ran. */
  readonly steps: readonly DecidedStep[];
  readonly consumer: Consumer | null;
  /** All of it: what `postern explain --json` prints. */
  readonly decision: Decision;
}

/** A plugin in a gateway of its own, without any socket. */
export interface TriedPlugin {
  /** What stands against its config and credentials; `send` throws when one is an error. */
  readonly issues: readonly Issue[];
  /** What it counted, by event. */
  readonly counts: ReadonlyMap<string, number>;
  /** What it wrote to the log. */
  readonly written: readonly Readonly<Record<string, unknown>>[];
  /** Runs one request through the pipeline that serves. What the plugin keeps stays from one to the next. */
  send(request?: TriedRequest): Promise<Answer>;
  /** Ends the policy, as a reload that takes it out would. */
  close(): void;
}
