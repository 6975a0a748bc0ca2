import { readCondition, readText, toPredicate, toText } from '@postern/config';
import type { Finding, ReadExpression } from '@postern/model';

interface Problem {
  readonly at: number;
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

/** Reads a condition in the config of a plugin; as bounded in cost as those of a document. Pure. */
export function conditionOf(text: string): ReadExpression<boolean> {
  const read = readCondition(text);
  if (read.kind === 'wrong') return { kind: 'wrong', findings: toFindings(text, read.problems) };
  return { kind: 'read', valueOf: toPredicate(read.expression) };
}

/** The same for an expression that gives a text. Pure. */
export function textOf(text: string): ReadExpression<string> {
  const read = readText(text);
  if (read.kind === 'wrong') return { kind: 'wrong', findings: toFindings(text, read.problems) };
  return { kind: 'read', valueOf: toText(read.expression, toPredicate) };
}

function toFindings(text: string, problems: readonly Problem[]): readonly Finding[] {
  return problems.map(({ at, code, message, fix }) => ({
    severity: 'error',
    code,
    path: [],
    message: `${message} (at character ${at + 1} of ${JSON.stringify(text)})`,
    fix,
  }));
}
