import { isToken } from './field-lines.ts';

/** How a field line begins, by its name. Filled by what is sent first, which is what is sent most. */
const starts = new Map<string, string>();

/** Names that upstreams make up must not fill the memory. */
const MOST = 1_000;

/** `name: `; undefined where the name is no token (RFC 9110 section 5.1) and may not be sent. */
export function lineStart(name: string): string | undefined {
  const known = starts.get(name);
  if (known !== undefined) return known;
  if (!isToken(name)) return undefined;
  const start = `${name}: `;
  if (starts.size < MOST) starts.set(name, start);
  return start;
}
