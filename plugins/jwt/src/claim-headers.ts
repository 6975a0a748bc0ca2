import { problem, refusedField } from '@postern/kit';
import type { Claims, Exchange, Finding } from '@postern/kit';
import { headerValue } from './header-value.ts';

/** A header for the upstream, and the claim that its value comes from. */
export interface ClaimHeader {
  /** Lower case. */
  readonly name: string;
  readonly claim: string;
}

/** Reads `claimsToHeaders`. */
export function toClaimHeaders(written: Readonly<Record<string, string>>, problems: Finding[]): readonly ClaimHeader[] {
  const headers: ClaimHeader[] = [];
  const seen = new Set<string>();
  for (const [key, claim] of Object.entries(written)) {
    const name = key.toLowerCase();
    const said = seen.has(name) ? TWICE : nameProblem(name);
    seen.add(name);
    if (said !== undefined) problems.push(problem({ ...said, path: ['claimsToHeaders', key], atKey: true }));
    headers.push({ name, claim });
  }
  return headers;
}

/** What the upstream is told of a token: name, value, name, value. */
export function headersOf(claims: Claims, headers: readonly ClaimHeader[]): readonly string[] {
  return headers.flatMap(({ name, claim }) => {
    const value = headerValue(claims, claim);
    return value === undefined ? [] : [name, value];
  });
}

/** Takes out what a client sent under these names, whatever comes next: an upstream believes these headers. */
export function removeSent(outgoing: Exchange['outgoing'], headers: readonly ClaimHeader[]): void {
  for (const { name } of headers) if (outgoing.has(name)) outgoing.remove(name);
}

type Said = Pick<Finding, 'code' | 'message' | 'fix'>;

const TWICE: Said = {
  code: 'jwt/header-twice',
  message: 'the header is named twice: case does not matter',
  fix: 'keep one of the two',
};

function nameProblem(name: string): Said | undefined {
  const refused = refusedField(name, 'request');
  if (refused === undefined) return undefined;
  if (refused.reason === 'name')
    return {
      code: 'jwt/header-name',
      message: `${JSON.stringify(name)} is no header name`,
      fix: 'use letters, digits and hyphens',
    };
  return {
    code: 'jwt/header-owned',
    message: `${name} is written by the gateway itself`,
    fix: 'use another header, such as x-user',
  };
}
