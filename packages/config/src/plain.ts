import { bareRecord } from '@postern/model';
import type { References } from './resolve.ts';
import type { Node } from './tree.ts';

/** The value of a tree as plain data: maps without prototype, references resolved. Pure. */
export function toPlain(node: Node, references: References): unknown {
  if (node.kind === 'scalar') return references.get(node)?.text ?? node.value;
  if (node.kind === 'list') return node.items.map((item) => toPlain(item, references));
  const map = bareRecord<unknown>();
  for (const [key, { value }] of node.members) map[key] = toPlain(value, references);
  return map;
}

/** JSON with sorted keys: equal values give equal texts, whatever the order they were written in. Pure. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}

/** Freezes a value and all that it holds: what is published is never changed. */
export function freeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  const below: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  for (const member of below) freeze(member);
  return value;
}
