/** Who a request says it comes from. */
export interface Shown {
  readonly username: string;
  readonly password: string;
}

/** Characters of the longest `Authorization` that is read. */
const LONGEST = 2048;
const BASIC = /^basic +([A-Za-z0-9+/]*={0,2})$/i;
// oxlint-disable-next-line no-control-regex -- RFC 7617 section 2: neither may hold one
const CONTROL = /[\x00-\x1f\x7f]/;
const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Whether a field speaks of this scheme at all, well formed or not. */
export function isBasic(field: string): boolean {
  return /^basic(?: |$)/i.test(field);
}

/**
 * Reads an `Authorization` field (RFC 7617): base64 of user name, colon and password in UTF-8. Undefined where it is none of that,
 * or has control characters. Pure.
 */
export function readBasic(field: string): Shown | undefined {
  if (field.length > LONGEST) return undefined;
  const coded = BASIC.exec(field)?.[1];
  if (coded === undefined || coded.length % 4 !== 0) return undefined;
  const text = decode(Buffer.from(coded, 'base64'));
  const colon = text?.indexOf(':') ?? -1;
  if (text === undefined || colon === -1 || CONTROL.test(text)) return undefined;
  return { username: text.slice(0, colon).normalize('NFC'), password: text.slice(colon + 1).normalize('NFC') };
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return UTF_8.decode(bytes);
  } catch {
    return undefined;
  }
}
