import type { Path, Place } from '@postern/model';

/** What a scalar can be on the core schema of YAML 1.2. */
export type Scalar = string | number | boolean | null;

/** A text, number, truth value or nothing. `source` is how a value that is no text was written, for messages. */
export interface ScalarNode {
  readonly kind: 'scalar';
  readonly at: number;
  readonly value: Scalar;
  readonly source: string;
}

/** A list. */
interface ListNode {
  readonly kind: 'list';
  readonly at: number;
  readonly items: readonly Node[];
}

/** One key of a map, with the offset at which the key visibly starts. */
export interface Member {
  readonly at: number;
  readonly value: Node;
}

/** A map. Members live in a `Map`, so that no key, `__proto__` included, can mean anything but itself. */
export interface MapNode {
  readonly kind: 'map';
  readonly at: number;
  readonly members: ReadonlyMap<string, Member>;
}

/** One value of a document with the offset at which it visibly starts. Aliases share the nodes below them. */
export type Node = ScalarNode | ListNode | MapNode;

/** A parsed document: its values, and what turns offsets into places. */
export interface Tree {
  readonly file: string;
  readonly text: string;
  readonly root: Node;
  /** Offsets at which lines start, ascending. */
  readonly lines: readonly number[];
  /** False when no text of the document can hold a reference. */
  readonly refers: boolean;
}

/** Finds where the lines of a text start; `\n`, `\r\n` and `\r` end one, as in YAML. */
export function lineStarts(text: string): number[] {
  const starts = [0];
  if (text.includes('\r')) {
    for (const { index, 0: found } of text.matchAll(/\r\n?|\n/g)) starts.push(index + found.length);
    return starts;
  }
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Turns an offset into a one-based line and column, the column in UTF-16 code units as editors count. */
export function placeOfOffset(tree: Pick<Tree, 'file' | 'lines'>, offset: number): Place {
  const { file, lines } = tree;
  let low = 0;
  let high = lines.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lines[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { file, line: low + 1, column: offset - (lines[low] ?? 0) + 1 };
}

/** The value one step below a node; undefined when there is none. */
export function childOf(node: Node, step: string | number): Node | undefined {
  if (node.kind === 'map') return node.members.get(String(step))?.value;
  return node.kind === 'list' && typeof step === 'number' ? node.items[step] : undefined;
}

/** The value that a path leads to; undefined when the document does not have it. */
export function nodeAt(tree: Tree, path: Path): Node | undefined {
  let node: Node | undefined = tree.root;
  for (const step of path) {
    if (node === undefined) return undefined;
    node = childOf(node, step);
  }
  return node;
}

/** The place of the value that a path leads to, or of the nearest value around it that the document has. */
export function placeOfPath(tree: Tree, path: Path): Place {
  let node = tree.root;
  for (const step of path) {
    const child = childOf(node, step);
    if (child === undefined) break;
    node = child;
  }
  return placeOfOffset(tree, node.at);
}

/** The place of the key that a path ends in; of the value when it ends in a list position. */
export function placeOfKey(tree: Tree, path: Path): Place {
  const parent = nodeAt(tree, path.slice(0, -1));
  const member = parent?.kind === 'map' ? parent.members.get(String(path.at(-1))) : undefined;
  return member === undefined ? placeOfPath(tree, path) : placeOfOffset(tree, member.at);
}

/** JSON pointer (RFC 6901) of a path. */
export function pointerOf(path: Path): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
