import type { Exchange, Verdict } from '@postern/kit';
import { AwaitedBody, awaitBody } from './body.ts';
import type { BodyRule } from './body.ts';
import type { Sent } from './parameter.ts';
import { checkPart } from './part.ts';
import type { Part } from './part.ts';

/** All that is checked of one kind of request. */
export interface Operation {
  readonly parts: readonly Part[];
  readonly body: BodyRule | undefined;
}

/** Checks the head of a request; what is to be checked of the body is left for the body step. */
export function checkHead(
  { parts, body }: Operation,
  asked: { readonly exchange: Exchange; readonly params: Sent | undefined; readonly status: number },
): Verdict | undefined {
  for (const part of parts) {
    const refused = checkPart(part, asked);
    if (refused !== undefined) return refused;
  }
  if (body === undefined) return undefined;
  const awaited = awaitBody(body, asked.exchange);
  if (!(awaited instanceof AwaitedBody)) return awaited;
  asked.exchange.own = awaited;
  return undefined;
}
