import type { Finding, Path, Place, Severity } from '@postern/model';
import { addFinding } from './findings.ts';
import type { Known } from './known.ts';
import { shownNode } from './quote.ts';
import { PLACEHOLDER } from './resolve.ts';
import type { References } from './resolve.ts';
import type { Tree } from './tree.ts';
import { nodeAt, placeOfPath } from './tree.ts';

/** What the checks behind the schema share: the tree for places and for what was written, and the findings so far. */
export interface Inspection {
  readonly tree: Tree;
  readonly known: Known;
  readonly references: References;
  readonly findings: Finding[];
}

/** What is said about one value; an error unless told. */
export interface Remark {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
  readonly severity?: Severity;
  readonly atKey?: boolean;
  readonly place?: Place;
}

/** Notes a remark about the value at a path. */
export function remark(inspection: Inspection, path: Path, said: Remark): void {
  addFinding(inspection.findings, { severity: 'error', ...said, path });
}

/** Whether the document has a value at a path. */
export function has(inspection: Inspection, path: Path): boolean {
  return nodeAt(inspection.tree, path) !== undefined;
}

/** Where a value stands. */
export function placeOf(inspection: Inspection, path: Path): Place {
  return placeOfPath(inspection.tree, path);
}

/** What was written at a path, quoted and capped; references stay as written. */
export function shownAt(inspection: Inspection, path: Path): string {
  return shownNode(nodeAt(inspection.tree, path));
}

/**
 * Whether a value is to be judged here: not when the document has no text there (the schema has spoken), and not when the
 * text holds a reference that only the node can resolve.
 */
export function isJudged(inspection: Inspection, path: Path): boolean {
  const node = nodeAt(inspection.tree, path);
  if (node?.kind !== 'scalar' || typeof node.value !== 'string' || node.value === '') return false;
  return inspection.references.get(node)?.resolved !== false;
}

/** A path that no other value can have: stands for one that is wrong or unknown here, so that nothing else clashes with it. */
export function placeholderPath(inspection: Inspection, path: Path): string {
  const { line, column } = placeOf(inspection, path);
  return `/${PLACEHOLDER}/${line}/${column}/${path.filter((step) => typeof step === 'number').join('/')}`;
}

/** Whether the text at a path came from a reference: its value must not appear in any message. */
export function isSecret(inspection: Inspection, path: Path): boolean {
  const node = nodeAt(inspection.tree, path);
  return node !== undefined && inspection.references.has(node);
}

/** Whether the map at a path has a key that nobody knows: what seems to be missing may be that one, mistyped. */
export function hasUnknownKey({ findings }: Inspection, path: Path): boolean {
  return findings.some(
    (finding) =>
      finding.code === 'document/unknown-key' &&
      finding.path.length === path.length + 1 &&
      path.every((step, at) => finding.path[at] === step),
  );
}
