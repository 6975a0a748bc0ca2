/** The members of the object that a JSON text is; none for any other text. A map: no name in it means anything to JavaScript. Pure. */
export function parseMembers(text: string): ReadonlyMap<string, unknown> {
  try {
    return membersOf(JSON.parse(text));
  } catch {
    return new Map<string, unknown>(); // the one thing JSON.parse throws for
  }
}

/** The members of an object; none for any other value. Pure. */
export function membersOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>(typeof value === 'object' && value !== null ? Object.entries(value) : []);
}
