import type { HttpProtocol } from './exchange.ts';
import type { Place } from './issue.ts';

/** The request of a policy test, with every default filled in. */
export interface TestedRequest {
  readonly method: string;
  /** As on a request line: a path with what stands behind `?`. */
  readonly target: string;
  readonly scheme: 'http' | 'https';
  /** In the written order; `host` first. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | undefined;
  /** Address of the client. */
  readonly from: string;
  readonly protocol: HttpProtocol;
  readonly listener: string;
}

/** What a policy, or the whole exchange, says: `would ...` of one in shadow. */
export type TestedVerdict = 'continue' | 'respond' | 'refuse' | 'would respond' | 'would refuse';

/** One thing that a policy test expects; null: that there is none. */
export type Expectation =
  | { readonly kind: 'verdict'; readonly wanted: TestedVerdict }
  | { readonly kind: 'status'; readonly wanted: number }
  | {
      readonly kind: 'header';
      readonly of: 'answer' | 'outgoing';
      readonly name: string;
      readonly wanted: string | null;
    }
  | { readonly kind: 'policy' | 'code' | 'route'; readonly wanted: string | null }
  | { readonly kind: 'reachesUpstream'; readonly wanted: boolean };

/** An expectation, where it stands, and how messages may show what is wanted. */
export type PlacedExpectation = Expectation & {
  /** `expect.status`. */
  readonly key: string;
  readonly shown: string;
  readonly place: Place;
  readonly pointer: string;
};

/** A test in a document: a request, what the world around the gateway says, and what must come of it. */
export interface PolicyTest {
  /** `policies.web-cors.tests[0]`, or with its name. */
  readonly title: string;
  /** The policy that it stands beside; undefined at document level. */
  readonly policy: string | undefined;
  readonly request: TestedRequest;
  readonly upstream: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | undefined;
  };
  /** Answers of the outside, by policy and key. */
  readonly outside: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** What chance says each time; at least 0, below 1. */
  readonly random: number;
  readonly expect: readonly PlacedExpectation[];
  /** Texts that came from `${...}`: messages show none of them. */
  readonly secrets: readonly string[];
  /** False when a reference in it could not be resolved here: only the node can judge it. */
  readonly resolved: boolean;
  readonly place: Place;
}
