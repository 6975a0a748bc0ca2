/** The decoded values of a query parameter, empty ones left out. Never throws. */
export function queryValues(query: string, name: string): readonly string[] {
  return paramsOf(query)
    .getAll(name)
    .filter((value) => value !== '');
}

/** The query without the pairs of that name, however it is spelt; all others stay as they came. */
export function queryWithout(query: string, name: string): string {
  return query
    .split('&')
    .filter((pair) => !paramsOf(pair).has(name))
    .join('&');
}

/** What stands behind the `?` of a target: a further one belongs to the first name, where URLSearchParams would take it away. */
function paramsOf(query: string): URLSearchParams {
  return new URLSearchParams(`&${query}`);
}
