import type { ResponseExchange } from '@postern/kit';

type ResponseHeaders = ResponseExchange['response']['headers'];

/**
 * Adds members to the `Vary` of an answer (RFC 9110 section 12.5.5): what is there stays, nothing stands twice, and `*`
 * is left alone, because it covers everything already.
 */
export function mergeVary(headers: ResponseHeaders, members: readonly string[]): void {
  const sent = headers.get('vary');
  if (sent === undefined) {
    headers.set('vary', members.join(', '));
    return;
  }
  const merged = new Map<string, string>();
  for (const part of sent.split(',')) {
    const member = part.trim();
    if (member === '*') return;
    const key = member.toLowerCase();
    if (key !== '' && !merged.has(key)) merged.set(key, member);
  }
  for (const member of members) {
    const key = member.toLowerCase();
    if (!merged.has(key)) merged.set(key, member);
  }
  headers.set('vary', [...merged.values()].join(', '));
}
