import { testContext, testExchange } from '@postern/kit/testkit';
import type { CompileResult, Finding, Handlers, Verdict } from '@postern/kit';
import type { TestContext, TestRequest, TestResponse } from '@postern/kit/testkit';
import cors from '../src/index.ts';

/** A config as documents hold it: the plugin checks it itself. */
export type Config = Readonly<Record<string, unknown>>;

/** Findings and warnings of a config, with codes only for short tables. */
export function check(config: Config): {
  problems: readonly Finding[];
  warnings: readonly Omit<Finding, 'severity'>[];
} {
  const context = testContext();
  const result = cors.compile(config, context);
  return { problems: isFindings(result) ? result : [], warnings: context.warnings };
}

/** A compiled policy with the context it counts in. */
export interface Policy {
  readonly handlers: Handlers;
  readonly context: TestContext;
}

/** Compiles a config that must be accepted. */
export function policyOf(config: Config): Policy {
  const context = testContext('web-cors');
  const result = cors.compile(config, context);
  if (isFindings(result)) throw new Error(`refused: ${JSON.stringify(result)}`);
  return { handlers: result, context };
}

/** What a client gets: status, code of a refusal, all header lines. `reached` says whether the upstream was asked. */
export interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly reached: boolean;
}

/** Runs the steps as the engine does: a preflight is answered at once, a refusal passes the response step. */
export function send(policy: Policy, request: TestRequest, upstream: TestResponse = {}): Answer {
  const { handlers } = policy;
  const asked = testExchange(request);
  const { headers } = asked.request;
  const preflight =
    asked.request.method === 'OPTIONS' &&
    (headers.get('origin') ?? '') !== '' &&
    (headers.get('access-control-request-method') ?? '') !== '';
  const verdict = preflight ? handlers.preflight?.(asked) : handlers.request?.(asked);
  if (verdict instanceof Promise) throw new Error('cors steps are synchronous');
  const made = verdict ?? undefined;
  const leaving = testExchange(request, answerOf(made, upstream));
  leaving.own = asked.own;
  const step = handlers.response?.(leaving);
  if (step !== undefined) throw new Error('the response step of cors has no verdict');
  return {
    status: leaving.response.status,
    code: made?.kind === 'refuse' ? made.code : undefined,
    headers: Object.fromEntries(leaving.response.headers.entries()),
    reached: made === undefined,
  };
}

function answerOf(verdict: Verdict | undefined, upstream: TestResponse): TestResponse {
  if (verdict === undefined) return upstream;
  const headers: Record<string, string> = {};
  for (let at = 0; at < verdict.headers.length; at += 2) {
    const name = verdict.headers[at] ?? '';
    if (name in headers) throw new Error(`${name} stands twice`);
    headers[name] = verdict.headers[at + 1] ?? '';
  }
  return { status: verdict.status, headers, madeBy: { kind: 'policy', policy: 'web-cors' } };
}

/** A GET with this Origin. */
export function get(origin?: string, headers: Readonly<Record<string, string>> = {}): TestRequest {
  return { headers: origin === undefined ? headers : { origin, ...headers } };
}

/** A preflight for this method and these header names. */
export function preflight(origin: string, method: string, names?: string): TestRequest {
  const asked: Record<string, string> = { origin, 'access-control-request-method': method };
  if (names !== undefined) asked['access-control-request-headers'] = names;
  return { method: 'OPTIONS', headers: asked };
}

/** Whether a policy lets this origin read a GET: the one question most tables ask. */
export function grants(policy: Policy, origin: string): boolean {
  return send(policy, get(origin)).headers['access-control-allow-origin'] !== undefined;
}

function isFindings(result: CompileResult): result is readonly Finding[] {
  return Array.isArray(result);
}
