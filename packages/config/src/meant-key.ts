import type { JsonSchema } from '@postern/schema';
import { OTHER_WORDS } from './other-words.ts';
import { suggest } from './suggest.ts';
import type { MapNode, Node } from './tree.ts';
import { typesOf } from './wanted.ts';

/**
 * The key that an unknown one most likely stands for: a near spelling, a word for the same thing, or - where exactly one key is
 * missing and one is unknown - the missing one, if the value could be its value. Undefined when it is anybody's guess.
 */
export function meantKey(schema: JsonSchema, node: MapNode, key: string): string | undefined {
  const known = Object.keys(schema.properties ?? {});
  const near = suggest(key, known);
  if (near !== undefined) return near;
  const other = OTHER_WORDS.get(key)?.find((word) => known.includes(word) && !node.members.has(word));
  return other ?? missingFor(schema, node, key);
}

function missingFor(schema: JsonSchema, node: MapNode, key: string): string | undefined {
  const missing = (schema.required ?? []).filter((word) => !node.members.has(word));
  const unknown = [...node.members.keys()].filter((word) => schema.properties?.[word] === undefined);
  const [only] = missing;
  if (only === undefined || missing.length > 1 || unknown.length > 1) return undefined;
  const value = node.members.get(key)?.value;
  return value !== undefined && couldBe(schema.properties?.[only] ?? {}, value) ? only : undefined;
}

function couldBe(schema: JsonSchema, node: Node): boolean {
  const types = typesOf(schema);
  if (node.kind === 'list') return types.includes('array');
  return node.kind === 'map' ? types.includes('object') : types.includes('string') || schema.unit !== undefined;
}

/** A key of the map that holds the unknown one as a whole, or the other way round: `origins` for `allowOrigins`. */
export function longerKey(schema: JsonSchema, key: string): string | undefined {
  const word = key.toLowerCase();
  if (word.length < 4) return undefined;
  const holding = Object.keys(schema.properties ?? {}).filter((known) => {
    const other = known.toLowerCase();
    return other.includes(word) || (other.length >= 4 && word.includes(other));
  });
  return holding.sort((one, other) => one.length - other.length)[0];
}
