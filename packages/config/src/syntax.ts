import type { Problem } from './aliases.ts';
import { printable } from './quote.ts';
import { causeOf } from './syntax-cause.ts';

const ONE_COLUMN = 'line this up with its neighbours: members of one map or list start in one column';
const KEY_VALUE = 'write "key: value", with a space behind the colon';

/** The YAML parser's complaints in our words, with their mends; the first that fits. */
const WORDS: readonly (readonly [reason: RegExp, message: string, fix: string])[] = [
  [/tab characters/, 'a tab stands in the indentation', 'indent with spaces, not with tabs'],
  [
    /missed comma/,
    'a comma is missing between two members',
    'put a comma between them, and quote values that hold , [ ] { } or #',
  ],
  [/expected the node content/, 'a value is missing in front of this comma', 'take the comma away, or write the value'],
  [/stream within a flow/, 'a [ or { is never closed', 'close it: every [ needs a ], every { needs a }'],
  [/(stream|document) within a (single|double) quoted/, 'a quote is never closed', 'close the quote'],
  [
    /deficient indentation/,
    'a [ or { or quote is not closed, or this line is indented too little',
    'close what was opened above, or indent this line more',
  ],
  [
    /unknown escape|hexadecimal/,
    'a backslash stands before a character that it cannot escape',
    'write \\\\ for a backslash, or use single quotes',
  ],
  [/multiline key|expected ':'|whitespace character is expected/, 'a key and its colon are expected here', KEY_VALUE],
  [/bad indentation of a sequence/, 'this line belongs to no list or map', `${ONE_COLUMN}; ${KEY_VALUE}`],
  [/bad indentation/, 'this line is indented too much or too little', ONE_COLUMN],
  [
    /document separator is expected/,
    'this does not belong to what stands before it',
    `${ONE_COLUMN}, and quote values that start with [ { " or '`,
  ],
  [/non-printable|null byte/, 'an invisible control character stands here', 'take it out'],
  [/maxDepth/, 'lists and maps stand more than 64 deep inside one another', 'flatten the document'],
  [/anchor|alias/, 'a value that starts with & or * is not complete', 'put it in quotes'],
  [/tag/, 'a value that starts with ! is not complete', 'put it in quotes'],
  [/directive/, 'a line that starts with % is a directive', 'remove it, or put the value in quotes'],
];

/** Turns what the YAML parser says into a problem with a mend. Pure. */
export function explainSyntax(reason: string, text: string, at: number): Problem {
  const marker = /^(?:<{7}|={7}|>{7})(?: |$)/m.exec(text);
  if (marker !== null) {
    const message = 'a merge conflict was left in the file';
    return { at: marker.index, code: 'document/syntax', message, fix: 'keep one side and remove the marker lines' };
  }
  const next = text.charAt(at);
  if (next === '@' || next === '`' || next === '%') {
    return {
      at,
      code: 'document/syntax',
      message: `a plain value cannot start with ${next}`,
      fix: 'put the value in quotes',
    };
  }
  const cause = causeOf(text, { reason, at });
  if (cause !== undefined && !reason.includes('maxDepth')) return { code: 'document/syntax', ...cause };
  const code = reason.includes('maxDepth') ? 'document/too-deep' : 'document/syntax';
  const words = WORDS.find(([pattern]) => pattern.test(reason));
  const [, message = printable(reason), fix = 'check the YAML around this place'] = words ?? [];
  return { at, code, message, fix };
}
