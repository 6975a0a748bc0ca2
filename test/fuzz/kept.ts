import { readFileSync, readdirSync } from 'node:fs';
import type { Failure, Subject } from './campaign.ts';
import { alone } from './campaign.ts';
import type { Input } from './input.ts';

/** An input that failed once, kept for good. */
interface Kept extends Input {
  /** The file that holds it. */
  readonly file: string;
  readonly subject: string;
  /** What was wrong, and what became of it. */
  readonly story: string;
}

const FOLDER = new URL('kept/', import.meta.url);

/** What is kept for a subject, oldest first. */
export function keptFor(subject: string): readonly Kept[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((file): Kept => ({ file, ...JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) }))
    .filter((kept) => kept.subject === subject);
}

/** Plays what is kept; the violations, by file. */
export async function replayKept(subject: Subject): Promise<readonly string[]> {
  const violations: string[] = [];
  for (const { file, text, cuts } of keptFor(subject.name))
    for (const violation of await alone(subject, { text, cuts })) violations.push(`${file}: ${violation}`);
  return violations;
}

/** A failure as people read it: what is wrong, and the file that would keep it. */
export function toldOf(subject: string, { violations, shrunk, shrunkViolations, again }: Failure): string {
  const story = `${shrunkViolations[0] ?? violations[0]}`.slice(0, 300);
  const file = JSON.stringify({ subject, story, ...shrunk });
  const note = again ? '' : ' (not when played alone: look at what plays beside it)';
  return `${violations.join('\n')}${note}\nto keep it, put this into test/fuzz/kept/<what-it-is>.json:\n${file}`;
}
