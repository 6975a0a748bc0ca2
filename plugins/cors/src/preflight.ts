import { respond } from '@postern/kit';
import type { CompileContext, Exchange, HeaderPairs, Verdict } from '@postern/kit';
import { allowsHeaders, allowsMethod } from './allowed.ts';
import type { Judge } from './judge.ts';
import { toRefusal, toRefusals } from './refusal.ts';
import { readRequested } from './requested.ts';
import type { Rules } from './rules.ts';
import { ANSWERED, grantedOrigin } from './standing.ts';

type Preflight = (exchange: Exchange) => Verdict;

/**
 * Makes the preflight step. An origin that is not allowed gets a bare answer, or 403. An allowed one gets the whole
 * answer, whether or not its method and headers are allowed: the browser compares, and names the culprit instead of
 * blaming the origin.
 */
export function definePreflight(rules: Rules, judge: Judge, context: CompileContext): Preflight {
  const allowed = context.counter('preflights_allowed');
  const denied = context.counter('preflights_denied');
  const status = rules.preflightStatus;
  const vary = varyOf(rules);
  const end = status === 204 ? [] : ['content-length', '0']; // RFC 9110 section 8.6: a 204 has none
  const bare = respond({ status, headers: [...vary, ...end] });
  const refusals = toRefusals(vary);
  const fixed = fixedPairs(rules);
  // All origins go without credentials, and then every list is fixed as well: one answer for everybody.
  const open = respond({ status, headers: [...vary, 'access-control-allow-origin', '*', ...fixed, ...end] });

  // Where nothing that was asked for is named, answers differ in the origin alone.
  const isFixed = !rules.strict && !rules.echoMethod && !rules.echoHeaders;
  const granted = [...vary, 'access-control-allow-origin', '', ...fixed, ...end];
  const originAt = vary.length + 1;
  const judgeRequested = defineJudgeRequested(rules);

  return function answerPreflight(exchange: Exchange): Verdict {
    const standing = judge(exchange);
    exchange.own = ANSWERED;
    if (standing !== 'granted') {
      if (standing !== 'same-origin') denied();
      return (rules.strict || rules.rejectAll ? refusals.get(standing) : undefined) ?? bare;
    }
    const { headers } = exchange.request;
    const method = headers.get('access-control-request-method') ?? '';
    const { names, allowed: headersAllowed } = judgeRequested(headers.get('access-control-request-headers'));
    const methodAllowed = allowsMethod(rules, method);
    if (methodAllowed && headersAllowed) allowed();
    else denied();

    const network = rules.privateNetwork && headers.get('access-control-request-private-network') === 'true';
    if (rules.origins.kind === 'all' && !network && !rules.strict) return open;
    const origin = grantedOrigin(headers.get('origin') ?? '', rules);
    if (isFixed && !network) {
      const pairs = granted.slice();
      pairs[originAt] = origin;
      return respond({ status, headers: pairs });
    }
    const pairs = [...vary, 'access-control-allow-origin', origin, ...fixed];
    // Beside credentials browsers take `*` for a name, so what was asked for is named (Fetch, "CORS protocol and credentials").
    if (rules.echoMethod && methodAllowed) pairs.push('access-control-allow-methods', method);
    if (rules.echoHeaders && headersAllowed && names !== undefined && names.length > 0) {
      pairs.push('access-control-allow-headers', [...new Set(names)].join(', '));
    }
    if (network) pairs.push('access-control-allow-private-network', 'true');
    if (rules.strict && !methodAllowed) return toRefusal('method-not-allowed', pairs);
    if (rules.strict && !headersAllowed) return toRefusal('header-not-allowed', pairs);
    return respond({ status, headers: [...pairs, ...end] });
  };
}

/** The header names that a preflight asks for, as far as they can be read, and whether they are allowed. */
interface Requested {
  readonly names: readonly string[] | undefined;
  readonly allowed: boolean;
}

/** Makes what reads and judges the names. Pages of one API ask for the same ones: the last answer is kept. */
function defineJudgeRequested(rules: Rules): (value: string | undefined) => Requested {
  let last: { readonly value: string | undefined; readonly requested: Requested } | undefined;
  return function judgeRequested(value: string | undefined): Requested {
    if (last !== undefined && last.value === value) return last.requested;
    const names = readRequested(value);
    const requested = { names, allowed: allowsHeaders(rules, names) };
    last = { value, requested };
    return requested;
  };
}

/** What the answer to a preflight depends on (RFC 9110 section 12.5.5). */
function varyOf(rules: Rules): HeaderPairs {
  const members = rules.dynamic ? ['Origin', 'Access-Control-Request-Method', 'Access-Control-Request-Headers'] : [];
  if (rules.privateNetwork) members.push('Access-Control-Request-Private-Network');
  return members.length === 0 ? [] : ['vary', members.join(', ')];
}

/** The pairs that are the same on every answer to an allowed origin. */
function fixedPairs(rules: Rules): HeaderPairs {
  const pairs: string[] = [];
  if (rules.credentials) pairs.push('access-control-allow-credentials', 'true');
  if (rules.sentMethods !== undefined) pairs.push('access-control-allow-methods', rules.sentMethods);
  if (rules.sentHeaders !== undefined) pairs.push('access-control-allow-headers', rules.sentHeaders);
  pairs.push('access-control-max-age', rules.sentMaxAge);
  // Browsers read this on actual answers only; Gateway API conformance wants it here as well.
  if (rules.sentExpose !== undefined) pairs.push('access-control-expose-headers', rules.sentExpose);
  return pairs;
}
