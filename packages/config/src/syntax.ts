import { printable } from './quote.ts';

/** What a bad text is told: a code, what is wrong, and the mend. */
export interface SyntaxProblem {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

/** Mends by what the YAML parser complains of; the first that fits. */
const MENDS: readonly (readonly [reason: RegExp, fix: string])[] = [
  [/tab characters/, 'indent with spaces, not with tabs'],
  [/missed comma|expected the node content/, 'put one comma between members, and quote values that hold , [ ] { } or #'],
  [/end of the stream within a flow/, 'close the bracket: every [ needs a ], every { a }'],
  [/within a (single|double) quoted scalar/, 'close the quote on the same line'],
  [/unknown escape|hexadecimal/, 'write the backslash twice, or use single quotes'],
  [/multiline key|expected ':'|whitespace character is expected/, 'write "key: value", with a space behind the colon'],
  [/bad indentation|deficient indentation/, 'line this up with its neighbours: members of one map or list start in one column'],
  [/document separator is expected/, 'line this up with its neighbours, and quote a value that starts with [ { " or \''],
  [/non-printable|null byte/, 'take the invisible character out'],
  [/anchor|alias/, 'quote a value that starts with & or *'],
  [/tag/, 'quote a value that starts with !'],
  [/directive/, 'remove the line that starts with %'],
];

/** Turns what the YAML parser says into a problem with a mend. Pure. */
export function explainSyntax(reason: string, text: string, at: number): SyntaxProblem {
  if (reason.includes('maxDepth')) {
    const message = 'lists and maps stand more than 64 deep inside one another';
    return { code: 'document/too-deep', message, fix: 'flatten the document' };
  }
  const next = text.charAt(at);
  if (next === '@' || next === '`' || next === '%') {
    return syntax(`a plain value cannot start with ${next}`, 'put the value in quotes');
  }
  if (/^\s*(?:<<<<<<<|=======|>>>>>>>)/.test(lineAt(text, at))) {
    return syntax('a merge conflict was left in the file', 'keep one side and remove the marker lines');
  }
  const mend = MENDS.find(([pattern]) => pattern.test(reason));
  return syntax(`bad YAML: ${printable(reason)}`, mend?.[1] ?? 'check the YAML around this place');
}

function syntax(message: string, fix: string): SyntaxProblem {
  return { code: 'document/syntax', message, fix };
}

function lineAt(text: string, at: number): string {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  return text.slice(start, start + 16);
}
