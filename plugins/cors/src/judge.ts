import type { CompileContext, Exchange } from '@postern/kit';
import { LRUCache } from 'lru-cache';
import { quote } from './report.ts';
import type { Rules } from './rules.ts';
import { keptStanding, standingOf } from './standing.ts';
import type { Standing } from './standing.ts';

/** Denied origins that are remembered, so that each is written once, and the pause between two lines: a flood writes little. */
const REMEMBERED_ORIGINS = 200;
const PAUSE_MS = 1000;

/** Decides once per exchange how it stands, counts that, and tells the log about origins it has not seen denied before. */
export type Judge = (exchange: Exchange) => Standing;

/** Makes the judge of one policy. */
export function defineJudge(rules: Rules, context: CompileContext): Judge {
  const allowed = context.counter('origins_allowed');
  const denied = context.counter('origins_denied');
  const seen = new LRUCache<string, true>({ max: REMEMBERED_ORIGINS });
  let quietUntil = 0;

  function writeDenied(exchange: Exchange): void {
    if (exchange.now < quietUntil) return;
    const origin = quote(exchange.request.headers.get('origin') ?? '');
    if (seen.has(origin)) return;
    seen.set(origin, true);
    quietUntil = exchange.now + PAUSE_MS;
    context.write({ msg: 'origin not allowed', policy: context.policy, origin, requestId: exchange.requestId });
  }

  return function judgeOrigin(exchange: Exchange): Standing {
    const kept = keptStanding(exchange.own);
    if (kept !== undefined) return kept;
    const standing = standingOf(exchange.request, rules);
    exchange.own = standing;
    if (standing === 'granted') allowed();
    else if (standing === 'denied') {
      denied();
      writeDenied(exchange);
    } else if (standing === 'rejected' || standing === 'wrong-protocol') denied();
    return standing;
  };
}
