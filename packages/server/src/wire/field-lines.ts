import { nameInHead } from './name-in-head.ts';

/** Why a message head has two readings somewhere: it is refused, never mended. */
export type FieldProblem =
  | 'a field name is no token'
  | 'a field line has no name'
  | 'a field value holds a control byte';

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;

/** By character code: 1 for `tchar` (RFC 9110 section 5.6.2). */
export const TOKEN: Readonly<Uint8Array> = tableOf(
  "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
);

/** By character code: 1 for what a field value may hold (RFC 9110 section 5.5): visible, obs-text, space, tab. */
export const FIELD_VALUE: Readonly<Uint8Array> = Uint8Array.from({ length: 256 }, (_, code) =>
  code === TAB || (code >= SPACE && code !== 0x7f) ? 1 : 0,
);

/**
 * Reads field lines (RFC 9112 section 5) of `head` from `from` to its end into `pairs`: name in lower case, value without the
 * white space around it. `head` is latin1 text, and every line of it ends in CRLF. Strict: no folded lines, no bare CR or LF,
 * no space before the colon. Pure but for `pairs`.
 */
export function readFieldLines(head: string, from: number, pairs: string[]): FieldProblem | undefined {
  const end = head.length;
  let at = from;
  while (at < end) {
    const name = at;
    let code = head.charCodeAt(at);
    while (TOKEN[code] === 1) code = head.charCodeAt((at += 1));
    if (code !== COLON) return 'a field name is no token';
    if (at === name) return 'a field line has no name';
    const colon = at;
    code = head.charCodeAt((at += 1));
    while (code === SPACE || code === TAB) code = head.charCodeAt((at += 1));
    const value = at;
    let valueEnd = at;
    while (FIELD_VALUE[code] === 1) {
      at += 1;
      if (code !== SPACE && code !== TAB) valueEnd = at;
      code = head.charCodeAt(at);
    }
    if (code !== CR || head.charCodeAt(at + 1) !== LF) return 'a field value holds a control byte';
    pairs.push(nameInHead(head, name, colon), head.slice(value, valueEnd));
    at += 2;
  }
  return undefined;
}

/** The characters of `FIELD_VALUE`, for a text as a whole: a loop over its characters takes longer. */
const FIELD_VALUE_TEXT = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Whether a value may stand in a field line that we write: checked where names and values come from policies. */
export function isFieldValue(value: string): boolean {
  return FIELD_VALUE_TEXT.test(value);
}

/** Whether a name may stand in a field line that we write. */
export function isToken(name: string): boolean {
  if (name === '') return false;
  for (let at = 0; at < name.length; at += 1) if (TOKEN[name.charCodeAt(at)] !== 1) return false;
  return true;
}

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}
