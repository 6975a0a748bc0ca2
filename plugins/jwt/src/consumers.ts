import type { Claims, Consumer, KnownConsumer } from '@postern/kit';
import type { JwtCredential } from './config.ts';

/** Says whose token it is; undefined: nobody's that the document knows. */
export type FindConsumer = (claims: Claims) => Consumer | undefined;

/** Makes the look-up of consumers by the claim that names them: with the token's issuer first, then of any issuer. */
export function toFindConsumer(known: readonly KnownConsumer<JwtCredential>[], claim: string): FindConsumer {
  const consumers = new Map<string, Consumer>();
  for (const { consumer, credential } of known) consumers.set(credentialIdOf(credential), consumer);
  return (claims) => {
    const subject = subjectOf(claims, claim);
    if (subject === undefined || consumers.size === 0) return undefined;
    const { iss } = claims;
    const own = typeof iss === 'string' ? consumers.get(credentialIdOf({ subject, issuer: iss })) : undefined;
    return own ?? consumers.get(credentialIdOf({ subject }));
  };
}

/** What must be different in all credentials; no part of it is a secret. */
export function credentialIdOf({ subject, issuer }: JwtCredential): string {
  return JSON.stringify(issuer === undefined ? [subject] : [subject, issuer]);
}

/** Texts, and whole numbers as databases give them out; never a list, whose members somebody may have chosen. */
function subjectOf(claims: Claims, claim: string): string | undefined {
  const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined;
  if (typeof value === 'string') return value;
  return Number.isSafeInteger(value) ? String(value) : undefined;
}
