/** The values of a parameter, decoded as those of forms are (`+` is a space); one character for each byte. Pure. */
export function queryValues(query: string, name: string): readonly string[] {
  return query.split('&').flatMap((pair) => {
    const equals = pair.indexOf('=');
    if (equals === -1 || !isNamed(pair.slice(0, equals), name)) return [];
    const value = decode(pair.slice(equals + 1));
    return value === '' ? [] : [value];
  });
}

/** A query without a parameter; what is left stays as it came, byte for byte. Pure. */
export function withoutParameter(query: string, name: string): string {
  if (!query.includes('=')) return query;
  const pairs = query.split('&');
  const rest = pairs.filter((pair) => !isNamed(pair.slice(0, Math.max(0, pair.indexOf('='))), name));
  return rest.length === pairs.length ? query : rest.join('&');
}

/** An upstream decodes names: `x%2Dapi-key` is x-api-key to it. */
function isNamed(written: string, name: string): boolean {
  return written === name || (written.includes('%') && decode(written) === name);
}

function decode(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  // A percent sign that encodes nothing stands for itself, as in the URL standard.
  return text
    .replaceAll('+', ' ')
    .replaceAll(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}
