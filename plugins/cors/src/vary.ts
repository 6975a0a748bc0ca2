import type { ResponseExchange } from '@postern/kit';

type ResponseHeaders = ResponseExchange['response']['headers'];

/** Adds members to the `Vary` of an answer. */
export type MergeVary = (headers: ResponseHeaders) => void;

/**
 * Makes what adds these members to the `Vary` of an answer (RFC 9110 section 12.5.5): what is there stays, nothing stands
 * twice, and `*` is left alone, because it covers everything already.
 */
export function defineMergeVary(members: readonly string[]): MergeVary {
  const alone = members.join(', ');

  return function mergeVary(headers: ResponseHeaders): void {
    const sent = headers.get('vary');
    const merged = sent === undefined ? alone : merge(sent, members);
    if (merged !== undefined) headers.set('vary', merged);
  };
}

/** Undefined where there is nothing to add to. */
function merge(sent: string, members: readonly string[]): string | undefined {
  const merged = new Map<string, string>();
  for (const part of sent.split(',')) {
    const member = part.trim();
    if (member === '*') return undefined;
    const key = member.toLowerCase();
    if (key !== '' && !merged.has(key)) merged.set(key, member);
  }
  for (const member of members) {
    const key = member.toLowerCase();
    if (!merged.has(key)) merged.set(key, member);
  }
  return [...merged.values()].join(', ');
}
