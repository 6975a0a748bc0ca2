/** The way to a value of a JSON text, name by name. */
export type Pointer = readonly string[];

/** Names of one pointer: as deep as people write them. */
const MOST_NAMES = 32;

/**
 * Reads a JSON pointer (RFC 6901 section 3): `/customer/name`, with `~1` for a slash and `~0` for a tilde in a name. Undefined when
 * it is none, when it leads to the whole text, or when it has more than 32 names. Pure.
 */
export function parsePointer(text: string): Pointer | undefined {
  if (!text.startsWith('/') || /~(?![01])/.test(text)) return undefined;
  const names = text.slice(1).split('/');
  if (names.length > MOST_NAMES) return undefined;
  // In this order: `~01` is `~1`.
  return names.map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The place that a name has in a list of that length (RFC 6901 section 4); -1 when it is none in it. Pure. */
export function indexOf(name: string, length: number): number {
  if (!/^(?:0|[1-9]\d{0,8})$/.test(name)) return -1;
  const index = Number(name);
  return index < length ? index : -1;
}
