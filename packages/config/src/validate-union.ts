import type { Reading } from './reading.ts';
import { found, readBelow, referenceOf } from './reading.ts';
import type { JsonSchema } from '@postern/schema';
import { standIn } from './stand-in.ts';
import { suggest } from './suggest.ts';
import type { MapNode, Node } from './tree.ts';
import { exampleText, foundWords, typesOf, wanted } from './wanted.ts';
import { wrongType } from './wrong-type.ts';

/** Reads a value that may have several shapes: only the shape that was meant gets to speak about it. */
export function readUnion(schema: JsonSchema, node: Node, reading: Reading): unknown {
  const branches = (schema.anyOf ?? schema.oneOf ?? []).filter((branch) => fits(branch, node, reading));
  const [first, ...others] = branches;
  if (first === undefined) return wrongType(schema, node, reading);
  if (others.length === 0) return reading.read(first, node);
  if (node.kind === 'map') return readMapUnion(branches, node, reading);
  const before = reading.findings.length;
  for (const branch of branches) {
    const value = reading.read(branch, node);
    if (reading.findings.length === before) return value;
    reading.findings.length = before;
  }
  if (node.kind === 'list') return reading.read(first, node);
  const message = `found ${foundWords(node, schema)}, want ${wanted(schema)}`;
  found(reading, { code: 'document/value', message, fix: `write for example ${exampleText(schema)}` });
  return standIn(schema);
}

function fits(branch: JsonSchema, node: Node, reading: Reading): boolean {
  if (branch.anyOf !== undefined || branch.oneOf !== undefined) return true;
  const types = branch.const === undefined ? typesOf(branch) : [typeof branch.const];
  if (types.length === 0) return true;
  if (node.kind !== 'scalar') return types.includes(node.kind === 'list' ? 'array' : 'object');
  // What one reference stands for may be any scalar.
  if (referenceOf(reading, node)?.whole === true) return !types.includes('array') && !types.includes('object');
  if (node.value === null) return types.includes('null');
  if (typeof node.value === 'number') return types.includes('number') || types.includes('integer');
  return types.includes(typeof node.value);
}

/** One word that the shapes differ in decides; when it is none of theirs, only that is said. */
function readMapUnion(branches: readonly JsonSchema[], node: MapNode, reading: Reading): unknown {
  for (const key of Object.keys(branches[0]?.properties ?? {})) {
    const constants = branches.map((branch) => branch.properties?.[key]).filter((below) => below?.const !== undefined);
    const value = node.members.get(key)?.value;
    if (value === undefined || constants.length < branches.length) continue;
    const before = reading.findings.length;
    readBelow(reading, key, () => reading.read({ anyOf: constants.filter((below) => below !== undefined) }, value));
    if (reading.findings.length > before) return standIn(branches[0] ?? {});
  }
  return reading.read(nearest(branches, node), node);
}

/** The map shape that was most likely meant: by a discriminating constant first, then by the keys that are known in it. */
function nearest(branches: readonly JsonSchema[], node: MapNode): JsonSchema {
  let best: JsonSchema = {};
  let most = -Infinity;
  for (const branch of branches) {
    const score = scoreOf(branch, node);
    if (score <= most) continue;
    best = branch;
    most = score;
  }
  return best;
}

function scoreOf(branch: JsonSchema, node: MapNode): number {
  let score = 0;
  for (const [key, below] of Object.entries(branch.properties ?? {})) {
    const value = node.members.get(key)?.value;
    if (value === undefined) continue;
    score += 1;
    if (below.const !== undefined) score += value.kind === 'scalar' && value.value === below.const ? 100 : -100;
  }
  for (const key of branch.required ?? []) if (!node.members.has(key)) score -= 0.5;
  const known = Object.keys(branch.properties ?? {});
  for (const key of node.members.keys()) if (!known.includes(key) && suggest(key, known) !== undefined) score += 0.9;
  return score;
}
