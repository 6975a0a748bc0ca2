import { RE2JS, RE2JSException } from 're2js';

/** Characters of a pattern. */
const LONGEST = 4096;
/** Instructions that a pattern may compile to: the time of a match grows with them times the length of the text. */
const LARGEST_PROGRAM = 2000;

/** A pattern in linear time, or why there is none. */
export type Pattern =
  | { readonly kind: 'pattern'; test(text: string): boolean }
  | { readonly kind: 'wrong'; readonly words: string };

/**
 * Compiles a regular expression of a schema (ECMA-262, as JSON Schema asks for) for RE2. No pattern of a document is ever run by
 * an engine that backtracks; look-around and back-references, which RE2 does not have, are refused.
 */
export function compilePattern(source: string): Pattern {
  if (source.length > LONGEST) return { kind: 'wrong', words: `it has more than ${LONGEST} characters` };
  try {
    const compiled = RE2JS.compile(RE2JS.translateRegExp(source));
    if (compiled.programSize() > LARGEST_PROGRAM) return { kind: 'wrong', words: 'it is too large when compiled' };
    return { kind: 'pattern', test: (text) => compiled.test(text) };
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return { kind: 'wrong', words: error.message.replace(/^error parsing regexp: /, '') };
  }
}
