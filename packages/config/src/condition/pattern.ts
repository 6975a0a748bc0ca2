import { RE2JS, RE2JSException } from 're2js';
import { printable } from '../quote.ts';
import type { Problem } from './problem.ts';

/** Patterns of one condition, loops written out. */
const MAX_PATTERNS = 8;
/** Instructions of one compiled pattern: the time of a match grows with them times the length of the text. */
const MAX_PROGRAM = 500;

/** What is wrong with a pattern, if anything: no regular expression, too large, or one too many. */
export function patternProblem(
  source: string,
  { at, count }: { readonly at: number; readonly count: number },
): Problem | undefined {
  const code = 'conditions/pattern';
  if (count > MAX_PATTERNS) {
    const message = `more than ${MAX_PATTERNS} patterns stand in one condition`;
    return count === MAX_PATTERNS + 1 ? { at, code, message, fix: "join them: 'one|two|three'" } : undefined;
  }
  try {
    const size = RE2JS.compile(source).programSize();
    if (size <= MAX_PROGRAM) return undefined;
    return { at, code, message: 'the pattern is too large when compiled', fix: 'use smaller repeat counts' };
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    const said = printable(error.message.replace(/^error parsing regexp: /, ''));
    const fix =
      "write it in the syntax of RE2: no look-around, no back-references; a backslash is doubled, or the text begins r'...'";
    return { at, code, message: `the pattern is none: ${said}`, fix };
  }
}

/** A pattern that was checked with its document, compiled once: in linear time whatever the text is. */
export function patternOf(source: string): RE2JS {
  return RE2JS.compile(source);
}
