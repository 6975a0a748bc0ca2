/** A media type of a message, lower case, and its charset; undefined when the field is none. Pure. */
export function mediaTypeOf(
  field: string | undefined,
): { readonly type: string; readonly charset: string | undefined } | undefined {
  if (field === undefined) return undefined;
  const [type = '', ...parameters] = field.toLowerCase().split(';');
  const name = type.trim();
  if (!/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(name)) return undefined;
  const charset = parameters
    .map((parameter) => parameter.trim())
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice('charset='.length)
    .replace(/^"(.*)"$/, '$1');
  return { type: name, charset };
}

/** Media types that a config names: `application/json`, `application/*+json`, `text/*`. */
export interface MediaRange {
  /** The more, the narrower: a type that is written out beats one with stars. */
  readonly rank: number;
  takes(type: string): boolean;
}

/** Reads a media range; a star stands for any run of characters beside the slash. Parameters do not count. Pure. */
export function mediaRange(written: string): MediaRange {
  const range = (written.split(';')[0] ?? '').trim().toLowerCase();
  const [before = '', ...after] = range.split('*');
  if (after.length === 0) return { rank: range.length * 2, takes: (type) => type === range };
  // `*/*` is the one with two stars.
  if (range === '*/*' || range === '*') return { rank: 0, takes: () => true };
  const end = after.join('*');
  const least = before.length + end.length;
  return {
    rank: least,
    takes: (type) => type.length > least && type.startsWith(before) && type.endsWith(end),
  };
}

/** Whether bodies of that media type are JSON (RFC 6839 section 3.1). Pure. */
export function isJson(range: string): boolean {
  const type = (range.split(';')[0] ?? '').trim().toLowerCase();
  return type === 'application/json' || type.endsWith('+json') || type === 'text/json';
}
