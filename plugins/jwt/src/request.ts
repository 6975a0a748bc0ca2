import type { CompileContext, Exchange, Verdict } from '@postern/kit';
import { headersOf, removeSent } from './claim-headers.ts';
import { judgeClaims, lifetimeOf } from './claims.ts';
import type { FindConsumer } from './consumers.ts';
import type { HeldKeys, KeyProvider } from './key-provider.ts';
import type { KeyRing } from './key-ring.ts';
import { findToken, hideToken, SEVERAL } from './places.ts';
import type { Refusals } from './refusals.ts';
import type { Rules } from './rules.ts';
import { readHead } from './token.ts';
import type { TokenHead } from './token.ts';
import { ownCopy, verifiedTokens } from './verified.ts';
import type { Verified } from './verified.ts';
import { verify } from './verify.ts';

/** What a request step is made of. */
export interface Parts {
  readonly rules: Rules;
  readonly refusals: Refusals;
  readonly provider: KeyProvider;
  readonly findConsumer: FindConsumer;
}

type Judged = Verdict | undefined | Promise<Verdict | undefined>;

/** Makes the request step. It is synchronous for a token that was verified before; the cache lives as long as the config does. */
export function defineRequest(parts: Parts, context: CompileContext): (exchange: Exchange) => Judged {
  const { rules, refusals, provider } = parts;
  const tokens = verifiedTokens();
  const countCached = context.counter('tokens_from_cache');
  const countVerified = context.counter('tokens_verified');

  function judge(exchange: Exchange, token: string, held: HeldKeys): Judged {
    if (!('find' in held)) return refusals.keysUnavailable(held.retryAfter);
    const kept = tokens.get(token);
    if (kept !== undefined && kept.ring === held) {
      countCached();
      if (exchange.now >= kept.until + rules.clockTolerance) tokens.delete(token);
      return admit(exchange, kept, parts);
    }
    // Read once more, and only here: a token that was verified has a good header.
    const head = readHead(token, rules.algorithms);
    return head === undefined ? refusals.invalid : check(exchange, { token, head }, held);
  }

  async function check(exchange: Exchange, { token, head }: Read, ring: KeyRing): Promise<Verdict | undefined> {
    let used = ring;
    if (provider.again !== undefined && ring.find(head).length === 0) {
      const held = await provider.again(exchange);
      if ('find' in held) used = held;
    }
    countVerified();
    const claims = await verify({ token, head, keys: used.find(head) });
    if (claims === undefined) return refusals.invalid;
    const refused = judgeClaims(claims, rules.claims, refusals);
    if (refused !== undefined) return refused;
    const { from, until } = lifetimeOf(claims);
    const headers = headersOf(claims, rules.headers);
    // Members one by one, so that all entries have one shape.
    const verified = { ring: used, claims, consumer: parts.findConsumer(claims), headers, from, until };
    const late = judgeTime(verified, exchange.now, parts);
    if (late !== undefined) return late;
    tokens.set(ownCopy(token), verified);
    return admit(exchange, verified, parts);
  }

  return function jwtRequest(exchange) {
    const { request, outgoing } = exchange;
    // First of all: not even a policy that fails and is skipped lets a client speak under these names.
    if (rules.headers.length > 0) removeSent(outgoing, rules.headers);
    const token = findToken(request, rules.places);
    if (token === undefined) return refusals.missing;
    if (token === SEVERAL) return refusals.ambiguous;
    if (token.length > rules.tokenBytes) return refusals.tooLarge;
    if (!tokens.has(token) && readHead(token, rules.algorithms) === undefined) return refusals.invalid;
    const held = provider.keys(exchange);
    if (held instanceof Promise) return held.then((keys) => judge(exchange, token, keys));
    return judge(exchange, token, held);
  };
}

interface Read {
  readonly token: string;
  readonly head: TokenHead;
}

/** Lets a verified token in, and says what it says. */
function admit(exchange: Exchange, verified: Verified, { rules, refusals }: Parts): Verdict | undefined {
  const late = judgeTime(verified, exchange.now, { rules, refusals });
  if (late !== undefined) return late;
  const { consumer, claims, headers } = verified;
  if (consumer === undefined && rules.requireConsumer) return refusals.noConsumer;
  exchange.setClaims(claims);
  if (headers.length > 0) tell(exchange.outgoing, headers);
  if (rules.hideCredentials) hideToken(exchange, rules.places);
  if (consumer !== undefined) exchange.identify(consumer);
  return undefined;
}

function tell(outgoing: Exchange['outgoing'], headers: readonly string[]): void {
  for (let at = 0; at + 1 < headers.length; at += 2) outgoing.set(headers[at] ?? '', headers[at + 1] ?? '');
}

/** RFC 7519 sections 4.1.4 and 4.1.5: before `exp`, not before `nbf`, with the tolerance on either side. */
function judgeTime(
  { from, until }: Verified,
  now: number,
  { rules, refusals }: Pick<Parts, 'rules' | 'refusals'>,
): Verdict | undefined {
  if (now >= until + rules.clockTolerance) return refusals.expired;
  return now < from - rules.clockTolerance ? refusals.notYetValid : undefined;
}
