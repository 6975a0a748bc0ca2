/** A place in a document: one-based line and column, as editors count them. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The way from a document's root to a value: member names and list positions. */
export type Path = readonly (string | number)[];

/** An `error` refuses the document that holds it; a `warning` is shown and changes nothing. */
export type Severity = 'error' | 'warning';

/**
 * One problem as the stage that found it knows it: where by path, not yet by line.
 * `code` is `<area>/<kebab-case>` and never re-used; `fix` says how to mend it, in the imperative.
 */
export interface Finding {
  readonly severity: Severity;
  readonly code: string;
  readonly path: Path;
  readonly message: string;
  readonly fix: string;
  /** True when the problem is the member's name, not its value: the place is then the key's. */
  readonly atKey?: boolean;
  /** Where exactly, when that is inside the value. */
  readonly place?: Place;
}

/** One problem found in a document, with its place and its mend. Plain data: printed, sent as JSON, kept in the status. */
export interface Issue {
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** JSON pointer (RFC 6901) to the value in the document. */
  readonly pointer: string;
  readonly fix: string;
}

/**
 * Prints an issue as people read it: `file:line:col: severity: message [code]` and the mend, indented, on the next line.
 * The one place that knows this form; terminals, logs and the status all show it.
 */
export function formatIssue(issue: Issue): string {
  const head = `${issue.file}:${issue.line}:${issue.column}: ${issue.severity}: ${issue.message} [${issue.code}]`;
  return issue.fix === '' ? head : `${head}\n  fix: ${issue.fix}`;
}

/** True when any of the issues refuses the document. */
export function refuses(issues: readonly { readonly severity: Severity }[]): boolean {
  return issues.some((issue) => issue.severity === 'error');
}
