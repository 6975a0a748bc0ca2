import type { Finding } from '@postern/model';

/** Issues that one answer holds: whoever has more starts with the first. */
export const MAX_ISSUES = 1000;

/**
 * Adds a finding to a list that has not yet more than an answer holds. Documents come from outside: four million wrong
 * values must not become four million messages.
 */
export function addFinding(findings: Finding[], finding: Finding): void {
  if (!isFull(findings)) findings.push(finding);
}

/** Whether a list takes no more findings: what would only make one can be left undone. */
export function isFull(findings: readonly Finding[]): boolean {
  return findings.length > MAX_ISSUES;
}
