import { formatIssue } from '@postern/model';
import type { Issue } from '@postern/model';

/** What a command ends with: clean, something found or failed, wrong usage. */
export type ExitCode = 0 | 1 | 2;

/** Writes lines that are the answer of a command. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Writes lines about the command itself: they stay out of a pipe. */
export function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** `gateway.yaml: 2 errors, 1 warning`; `no issues` when there are none. */
export function summary(name: string, issues: readonly Issue[]): string {
  const errors = issues.filter((issue) => issue.severity === 'error').length;
  const warnings = issues.length - errors;
  const parts = [count(errors, 'error'), count(warnings, 'warning')].filter((part) => part !== '');
  return `${name}: ${parts.length === 0 ? 'no issues' : parts.join(', ')}`;
}

/** Issues as people read them, one under the other. */
export function formatIssues(issues: readonly Issue[]): string {
  return issues.map(formatIssue).join('\n');
}

function count(number: number, word: string): string {
  if (number === 0) return '';
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}

/** A text that came from elsewhere, as one line that cannot steer the terminal. */
export function tame(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ');
}
