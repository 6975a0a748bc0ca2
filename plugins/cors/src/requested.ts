import { isToken } from './token.ts';

/** Longest `Access-Control-Request-Headers` that is looked at. */
export const LONGEST_REQUESTED = 4096;

/** Most members of it, empty ones included: a flood of commas ends here. */
export const MOST_REQUESTED = 128;

const NONE: readonly string[] = Object.freeze([]);

/**
 * Reads the header names that a preflight asks for: any order, optional white space and empty members (RFC 9110 section
 * 5.6.1), several lines (already joined). Undefined when a member is no header name or there is too much of it: what
 * cannot be read is not allowed. One pass, bounded by the two caps.
 */
export function readRequested(value: string | undefined): readonly string[] | undefined {
  if (value === undefined || value === '') return NONE;
  if (value.length > LONGEST_REQUESTED) return undefined;
  const names: string[] = [];
  let start = 0;
  for (let members = 1; ; members++) {
    if (members > MOST_REQUESTED) return undefined;
    const comma = value.indexOf(',', start);
    const name = trim(value.slice(start, comma < 0 ? value.length : comma));
    if (name !== '' && !isToken(name)) return undefined;
    if (name !== '') names.push(name);
    if (comma < 0) return names;
    start = comma + 1;
  }
}

/** Takes spaces and tabs off both ends (RFC 9110 section 5.6.3); `String#trim` would take more. */
function trim(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
