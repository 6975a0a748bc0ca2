/** The values of a cookie in the lines of a request (RFC 6265 section 5.4), empty ones left out. */
export function cookieValues(lines: readonly string[], name: string): readonly string[] {
  return pairsOf(lines)
    .filter((pair) => nameOf(pair) === name)
    .map((pair) => pair.slice(pair.indexOf('=') + 1).trim())
    .filter((value) => value !== '');
}

/** All other cookies, as one line; empty where there is none. */
export function cookiesWithout(lines: readonly string[], name: string): string {
  return pairsOf(lines)
    .filter((pair) => nameOf(pair) !== name)
    .join('; ');
}

function pairsOf(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split(';')).map((pair) => pair.trim());
}

function nameOf(pair: string): string {
  const equals = pair.indexOf('=');
  return equals === -1 ? '' : pair.slice(0, equals).trim();
}
