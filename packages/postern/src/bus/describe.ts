import { tame } from '../terminal.ts';
import type { Change } from './changes.ts';
import type { Report, ReportedIssue } from './reports.ts';

// A value is a hint of what changed; the whole of it stands in the document.
const LONGEST = 100;

/** Changes as people read them, one line each: `~ policies.web-cors.config.maxAge: 900 -> 600`. Pure. */
export function describeChanges(changes: readonly Change[]): string {
  return changes.map(changeLine).join('\n');
}

function changeLine(change: Change): string {
  const path = change.path === '' ? 'the document' : tame(change.path);
  if (change.kind === 'added') return `+ ${path}: ${shown(change.value)}`;
  if (change.kind === 'removed') return `- ${path}: ${shown(change.value)}`;
  if (change.kind === 'changed') return `~ ${path}: ${shown(change.before)} -> ${shown(change.after)}`;
  return `> ${path}: from place ${change.before} to ${change.after}`;
}

function shown(value: unknown): string {
  const text = tame(JSON.stringify(value) ?? 'nothing');
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 3)}...`;
}

/** A node's answer as people read it, with the issues of a refusal below. Pure. */
export function describeAnswer(report: Report, revision: number): string {
  const { node, state, issues } = report;
  const later = (report.revision ?? 0) > revision ? `, published after ${revision}` : '';
  const head = `${tame(node)}: ${state} revision ${report.revision}${later}`;
  if (state === 'accepted') return head;
  return [head, ...issues.map(issueText)].join('\n');
}

function issueText({ severity, code, message, file, line, column, fix }: ReportedIssue): string {
  const head = `  ${tame(file)}:${line}:${column}: ${tame(severity)}: ${tame(message)} [${tame(code)}]`;
  return fix === '' ? head : `${head}\n    fix: ${tame(fix)}`;
}

/** `3 days`, `4 h`, `12 min`, `5 s`: the largest unit that fits. Pure. */
export function describeSpan(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds >= 2 * 86_400) return `${Math.floor(seconds / 86_400)} days`;
  if (seconds >= 2 * 3600) return `${Math.floor(seconds / 3600)} h`;
  if (seconds >= 120) return `${Math.floor(seconds / 60)} min`;
  return `${seconds} s`;
}
