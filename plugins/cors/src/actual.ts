import type { Exchange, ResponseExchange, Verdict } from '@postern/kit';
import { allowsMethod } from './allowed.ts';
import type { Judge } from './judge.ts';
import { toRefusal, toRefusals } from './refusal.ts';
import type { Rules } from './rules.ts';
import { ANSWERED, allows, grantedOrigin } from './standing.ts';
import { defineMergeVary } from './vary.ts';

const NO_PAIRS = Object.freeze([]);
const OWNED = 'access-control-';
/** `websocket` in `Upgrade` (RFC 6455 section 4.2.1), which may name several protocols, in any case. */
const WEB_SOCKET = /(?:^|,)[ \t]*websocket[ \t]*(?:,|$)/i;

/**
 * Makes the request step: what is refused before it goes anywhere. Undefined where nothing ever is, so that such a
 * policy costs nothing here. Refusals carry no headers: the response step sets them on refusals too.
 */
export function defineRequest(rules: Rules, judge: Judge): ((exchange: Exchange) => Verdict | undefined) | undefined {
  // Static `*`: nobody is refused, not even a handshake.
  if (!rules.dynamic) return undefined;
  const refusals = toRefusals(NO_PAIRS);
  const originRequired = toRefusal('origin-required', NO_PAIRS);
  const methodNotAllowed = toRefusal('method-not-allowed', NO_PAIRS);

  return function refuseCrossOrigin(exchange: Exchange): Verdict | undefined {
    const standing = judge(exchange);
    if (standing === 'no-origin') return rules.requireOrigin ? originRequired : undefined;
    if (standing === 'granted') {
      return rules.strict && !allowsMethod(rules, exchange.request.method) ? methodNotAllowed : undefined;
    }
    if (rules.strict || rules.rejectAll || isHandshake(exchange)) return refusals.get(standing);
    return undefined;
  };
}

/** Browsers send cookies on web socket handshakes to any server and enforce no CORS on the answer: only a refusal helps. */
function isHandshake(exchange: Exchange): boolean {
  const upgrade = exchange.request.headers.get('upgrade');
  return upgrade !== undefined && WEB_SOCKET.test(upgrade);
}

/** Makes the response step: takes out what the upstream says about CORS and says what this policy does. */
export function defineResponse(rules: Rules, judge: Judge): (exchange: ResponseExchange) => void {
  // The same `*` for everybody, with or without `Origin`: a cache may keep one answer (Fetch, "CORS protocol and HTTP caches").
  const grantsAll = rules.origins.kind === 'all' && !rules.requireOrigin && !rules.rejectAll;

  const mergeVary = defineMergeVary(['Origin']);

  return function setCorsHeaders(exchange: ResponseExchange): void {
    if (exchange.own === ANSWERED) return; // the answer to a preflight is complete
    const { headers } = exchange.response;
    removeOwned(headers);
    if (rules.dynamic) mergeVary(headers);
    const standing = judge(exchange);
    const origin = exchange.request.headers.get('origin') ?? '';
    if (standing === 'granted' || (grantsAll && standing === 'no-origin')) {
      headers.set('access-control-allow-origin', grantedOrigin(origin, rules));
      if (rules.credentials) headers.set('access-control-allow-credentials', 'true');
      if (rules.sentExpose !== undefined) headers.set('access-control-expose-headers', rules.sentExpose);
    }
    if (rules.timing !== undefined) setTiming(headers, rules, origin);
  };
}

type ResponseHeaders = ResponseExchange['response']['headers'];

function removeOwned(headers: ResponseHeaders): void {
  if (!headers.hasPrefix(OWNED)) return;
  const names = [...headers.entries()].map(([name]) => name);
  for (const name of names) if (name.startsWith(OWNED)) headers.remove(name);
}

/** Resource Timing, "timing allow check": a check of its own, which also counts for answers that scripts may not read. */
function setTiming(headers: ResponseHeaders, rules: Rules, origin: string): void {
  headers.remove('timing-allow-origin');
  if (rules.timing?.kind === 'all') headers.set('timing-allow-origin', '*');
  else if (rules.timing !== undefined && origin !== '' && allows(rules.timing, origin))
    headers.set('timing-allow-origin', origin);
}
