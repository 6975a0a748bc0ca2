/** Texts by name, in the order in which they came; undefined when the query is no text of UTF-8. Pure. */
export function readQuery(query: string): ReadonlyMap<string, readonly string[]> | undefined {
  const sent = new Map<string, string[]>();
  if (query === '') return sent;
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const name = decode(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? '' : decode(pair.slice(at + 1));
    if (name === undefined || value === undefined) return undefined;
    const texts = sent.get(name);
    if (texts === undefined) sent.set(name, [value]);
    else texts.push(value);
  }
  return sent;
}

/** A bad percent sign, or bytes that are no UTF-8, would be read in different ways by different upstreams. */
function decode(text: string): string | undefined {
  if (!text.includes('%')) return text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

/** Texts by name of a `Cookie` field (RFC 6265 section 5.4), quotes taken off. Pure. */
export function readCookies(field: string | undefined): ReadonlyMap<string, readonly string[]> {
  const sent = new Map<string, string[]>();
  for (const pair of (field ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at < 0) continue;
    const name = pair.slice(0, at).trim();
    const value = pair
      .slice(at + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1');
    const texts = sent.get(name);
    if (texts === undefined) sent.set(name, [value]);
    else texts.push(value);
  }
  return sent;
}
