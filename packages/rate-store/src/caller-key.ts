import { hash } from 'node:crypto';
import { claimText } from '@postern/kit';
import type { CompileContext, Exchange, Finding } from '@postern/kit';
import type { LimitConfig } from './limit-keys.ts';
import { networkOf } from './network.ts';

/** Names whose budget an exchange takes from. */
export type CallerKey = (exchange: Exchange) => string;

/** Characters of a value that is kept as it is: clients choose values, and many are remembered. */
const LONGEST = 64;

/**
 * How `by` and `scope` name a caller, or what is wrong with them. Values of headers and claims leave the process only as a digest:
 * they may be credentials.
 */
export function compileCallerKey(
  { by = 'ip', scope = 'gateway', store }: Pick<LimitConfig, 'by' | 'scope' | 'store'>,
  context: Pick<CompileContext, 'text'>,
): CallerKey | readonly Finding[] {
  const inside = callerOf(by, { digests: store === 'redis', context });
  if (typeof inside !== 'function') return inside;
  if (scope === 'gateway') return inside;
  if (scope === 'group') return (exchange) => `${exchange.group ?? ''}\n${inside(exchange)}`;
  return (exchange) => `${exchange.group ?? ''}/${exchange.route ?? ''}\n${inside(exchange)}`;
}

function callerOf(
  by: NonNullable<LimitConfig['by']>,
  { digests, context }: { readonly digests: boolean; readonly context: Pick<CompileContext, 'text'> },
): CallerKey | readonly Finding[] {
  if (by === 'ip') return ({ request }) => networkOf(request.clientAddress);
  // No name has a space: an address that stands in for it is never another's consumer.
  if (by === 'consumer') return (exchange) => exchange.consumer?.name ?? addressOf(exchange);
  const named = (value: string | undefined, exchange: Exchange): string => {
    if (value === undefined || value === '') return addressOf(exchange);
    return digests || value.length > LONGEST ? `# ${hash('sha256', value, 'base64url')}` : `= ${value}`;
  };
  if ('header' in by) {
    const name = by.header.toLowerCase();
    return (exchange) => named(exchange.request.headers.get(name), exchange);
  }
  if ('claim' in by) return (exchange) => named(claimText(exchange.claims, by.claim), exchange);
  const read = context.text(by.expression);
  if (read.kind === 'wrong')
    return read.findings.map((finding) => ({ ...finding, path: ['by', 'expression', ...finding.path] }));
  return (exchange) => named(valueOf(read, exchange), exchange);
}

function addressOf({ request }: Exchange): string {
  return `ip ${networkOf(request.clientAddress)}`;
}

/** Undefined where the expression has no answer: a client sent something else than what it reads. */
function valueOf(read: { valueOf(exchange: Exchange): string }, exchange: Exchange): string | undefined {
  try {
    return read.valueOf(exchange);
  } catch {
    return undefined;
  }
}
