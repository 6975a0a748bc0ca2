import type { Finding } from '@postern/model';
import { addFinding } from './findings.ts';
import type { Reference, References } from './resolve.ts';
import type { JsonSchema } from '@postern/schema';
import type { Node } from './tree.ts';

/** One walk over a tree along a schema: where it is, what it found, and how it goes deeper. */
export interface Reading {
  readonly references: References;
  readonly findings: Finding[];
  /** The way to the value being read; readers push and pop. */
  readonly path: (string | number)[];
  /** Where keys are known, by key: for those that stand in the wrong map. */
  homesOf(key: string): readonly string[];
  /** Reads a value along a schema; always gives a value of the schema's shape, a stand-in where the document's is wrong. */
  read(schema: JsonSchema, node: Node): unknown;
}

/** Notes something wrong with the value being read. */
export function found(
  reading: Reading,
  finding: Pick<Finding, 'code' | 'message' | 'fix'> & Partial<Pick<Finding, 'severity'>>,
): void {
  addFinding(reading.findings, { severity: 'error', ...finding, path: [...reading.path] });
}

/** Reads the value one step below, with the path following. */
export function readBelow(reading: Reading, step: string | number, read: () => unknown): unknown {
  reading.path.push(step);
  const value = read();
  reading.path.pop();
  return value;
}

/** What a text with `${...}` stands for; undefined for every other value. */
export function referenceOf(reading: Reading, node: Node): Reference | undefined {
  return reading.references.get(node);
}
