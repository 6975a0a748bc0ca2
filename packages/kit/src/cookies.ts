/** The values of a cookie in a `Cookie` field (RFC 6265 section 5.4), as they stand there. Pure. */
export function cookieValues(field: string, name: string): readonly string[] {
  if (!field.includes(name)) return [];
  return field.split(';').flatMap((pair) => {
    const equals = pair.indexOf('=');
    const value = pair.slice(equals + 1).trim();
    return equals === -1 || pair.slice(0, equals).trim() !== name || value === '' ? [] : [value];
  });
}

/** A `Cookie` field without a cookie; the others stay as they came, byte for byte. Empty when there is none left. Pure. */
export function withoutCookie(field: string, name: string): string {
  if (!field.includes(name)) return field;
  const pairs = field.split(';');
  const rest = pairs.filter((pair) => pair.slice(0, Math.max(0, pair.indexOf('='))).trim() !== name);
  return rest.length === pairs.length ? field : rest.join(';').trim();
}
