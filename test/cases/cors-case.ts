import { readFileSync } from 'node:fs';

/** Header lines of a row: a list stands for several field lines. */
export type CaseHeaders = Readonly<Record<string, string | readonly string[]>>;

/** What a row expects of one header. */
export type Form =
  | null
  | string
  | { readonly set: readonly string[] }
  | { readonly includes?: readonly string[]; readonly excludes?: readonly string[] }
  | { readonly oneOf: readonly Form[] };

export type Verdict = 'allow' | 'block';

export interface Expect {
  readonly config?: string | readonly string[];
  readonly handledBy?: 'gateway' | 'upstream';
  readonly status?: number | readonly number[];
  readonly headers?: Readonly<Record<string, Form>>;
  readonly browser?: { readonly omit?: Verdict; readonly include?: Verdict };
}

export interface CaseRequest {
  readonly method: string;
  readonly headers: CaseHeaders;
  readonly path?: string;
  readonly host?: string;
  readonly scheme?: 'http' | 'https';
}

/** A policy as rows write it: our config, and the `mode` of the envelope. */
export type CasePolicy = Readonly<Record<string, unknown>> & {
  readonly mode?: 'enforce' | 'off' | 'rejectAll' | 'shadow';
};

export interface Attachment {
  readonly level: 'gateway' | 'group' | 'route';
  readonly target?: string;
  readonly policy: CasePolicy;
}

export interface UpstreamAnswer {
  readonly status?: number;
  readonly headers?: CaseHeaders;
}

interface Step {
  readonly apply?: CasePolicy;
  readonly request?: CaseRequest;
  readonly expect: Expect;
}

/** One row: configuration, request, expected answer. */
export interface CorsCase {
  readonly id: string;
  readonly topic: string;
  readonly policy: CasePolicy | null;
  readonly attachments?: readonly Attachment[];
  readonly upstream?: UpstreamAnswer;
  readonly context?: {
    readonly otherPolicies?: readonly string[];
    readonly gatewayFailure?: string;
    readonly gatewayStatus?: number;
    readonly routeMethods?: readonly string[];
    readonly routeMatchHeaders?: readonly string[];
  };
  readonly before?: { readonly request: CaseRequest; readonly times: number };
  readonly repeat?: number;
  readonly requires?: readonly string[];
  readonly request: CaseRequest | null;
  readonly steps?: readonly Step[];
  readonly expect: Expect;
}

/** A row for the model of the browser: an answer and what a browser makes of it. */
export interface OracleCase {
  readonly id: string;
  readonly request: CaseRequest;
  readonly response: { readonly status: number; readonly headers: CaseHeaders };
  readonly credentials: 'omit' | 'include';
  readonly verdict: Verdict;
}

/** The rows, as they came. */
export function readCorsCases(): { readonly cases: readonly CorsCase[]; readonly oracleCases: readonly OracleCase[] } {
  return JSON.parse(readFileSync(new URL('cors-cases.json', import.meta.url), 'utf8'));
}

/** Header lines on the wire: names in lower case, in order. */
export type Lines = readonly (readonly [name: string, value: string])[];

/** Spells the headers of a row out as lines. */
export function toLines(headers: CaseHeaders): Lines {
  return Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value): readonly [string, string] => [name.toLowerCase(), value]),
  );
}

/** All values of that name, outer white space gone as HTTP reads them; undefined when there is no such line. */
export function valuesOf(lines: Lines, name: string): readonly string[] | undefined {
  const values = lines.filter(([found]) => found === name).map(([, value]) => value.replace(/^[ \t]+|[ \t]+$/g, ''));
  return values.length === 0 ? undefined : values;
}
