import { bareRecord } from '@postern/model';
import { addFinding, isFull } from './findings.ts';
import { matches } from '@postern/schema';
import { longerKey, meantKey } from './meant-key.ts';
import { canonicalJson, toPlain } from './plain.ts';
import { choices, printable } from './quote.ts';
import type { Reading } from './reading.ts';
import { found, readBelow } from './reading.ts';
import type { JsonSchema } from '@postern/schema';
import { standIn } from './stand-in.ts';
import type { MapNode, Node } from './tree.ts';
import { exampleText } from './wanted.ts';
import { wrongType } from './wrong-type.ts';

/** Reads a map along its properties; a map with properties is closed unless the schema opens it. */
export function readMap(schema: JsonSchema, node: Node, reading: Reading): unknown {
  if (node.kind !== 'map') return wrongType(schema, node, reading);
  // Only where keys are free can one be `__proto__` or `constructor`; objects with a prototype are far cheaper.
  const isFree = schema.patternProperties !== undefined || schema.additionalProperties !== false;
  const map: Record<string, unknown> = isFree ? bareRecord<unknown>() : {};
  for (const [key, { value }] of node.members) {
    const below = schemaOf(schema, key);
    if (below === 'unknown') unknownKey(schema, { node, key }, reading);
    else if (below === 'any') map[key] = toPlain(value, reading.references);
    else {
      reading.path.push(key);
      map[key] = reading.read(below, value);
      reading.path.pop();
    }
  }
  checkRequired(schema, node, reading);
  for (const key of schema.required ?? [])
    if (!Object.hasOwn(map, key)) map[key] = standIn(schema.properties?.[key] ?? {});
  return map;
}

function schemaOf(schema: JsonSchema, key: string): JsonSchema | 'any' | 'unknown' {
  const { properties, patternProperties, additionalProperties } = schema;
  const own = properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined;
  if (own !== undefined) return own;
  for (const [pattern, below] of Object.entries(patternProperties ?? {})) {
    if (matches(pattern, key)) return below;
  }
  if (typeof additionalProperties === 'object') return additionalProperties;
  // Closed by default where keys are known: a plugin that forgot to say so must not swallow a typing mistake.
  const closed = properties !== undefined || patternProperties !== undefined;
  return additionalProperties === true || (additionalProperties === undefined && !closed) ? 'any' : 'unknown';
}

interface UnknownKey {
  readonly node: MapNode;
  readonly key: string;
}

function unknownKey(schema: JsonSchema, { node, key }: UnknownKey, reading: Reading): void {
  if (isFull(reading.findings)) return;
  const later = schema.later !== undefined && Object.hasOwn(schema.later, key) ? schema.later[key] : undefined;
  const said =
    later === undefined
      ? { code: 'document/unknown-key', message: 'unknown key', fix: mend(schema, { node, key }, reading) }
      : { code: 'document/not-supported-yet', message: 'not supported yet', fix: later };
  const path = [...reading.path, key];
  addFinding(reading.findings, { severity: 'error', ...said, path, atKey: true });
}

function mend(schema: JsonSchema, { node, key }: UnknownKey, reading: Reading): string {
  const known = Object.keys(schema.properties ?? {});
  const meant = meantKey(schema, node, key);
  if (meant !== undefined) return `did you mean ${meant}?`;
  const homes = reading.homesOf(key);
  if (homes.length > 0) return `move it: ${printable(key)} is a key of ${choices(homes)}`;
  const longer = longerKey(schema, key);
  if (longer !== undefined) return `did you mean ${longer}?`;
  if (schema.patternProperties !== undefined) return 'write another key';
  return known.length === 0 ? 'remove it: this map takes no keys' : `remove it; the keys here are ${known.join(', ')}`;
}

function checkRequired(schema: JsonSchema, node: MapNode, reading: Reading): void {
  for (const key of schema.required ?? []) {
    // A mistyped key is not missing: its own issue says which is meant.
    if (node.members.has(key) || isMistyped(schema, node, key)) continue;
    const fix = `add ${key}: ${exampleText(schema.properties?.[key] ?? {})}`;
    found(reading, { code: 'document/missing-key', message: `the key "${key}" is missing`, fix });
  }
  const { minProperties = 0, maxProperties = Infinity } = schema;
  if (node.members.size < minProperties) {
    const message = node.members.size === 0 ? 'is empty' : `has less than ${minProperties} members`;
    found(reading, { code: 'document/value', message, fix: `write for example ${exampleText(schema)}` });
  } else if (node.members.size > maxProperties) {
    found(reading, { code: 'document/value', message: `has more than ${maxProperties} members`, fix: 'remove some' });
  }
}

function isMistyped(schema: JsonSchema, node: MapNode, missing: string): boolean {
  for (const key of node.members.keys())
    if (schemaOf(schema, key) === 'unknown' && meantKey(schema, node, key) === missing) return true;
  return false;
}

/** Reads a list, item by item. */
export function readList(schema: JsonSchema, node: Node, reading: Reading): unknown {
  if (node.kind !== 'list') return wrongType(schema, node, reading);
  const { items = {}, minItems = 0, maxItems = Infinity } = schema;
  const seen = new Set<string>();
  // What is too much is not read: later stages may compare each with each.
  const read = node.items.length > maxItems ? node.items.slice(0, maxItems) : node.items;
  const list = read.map((item, position) =>
    readBelow(reading, position, () => {
      const below = 'length' in items ? (items[position] ?? {}) : items;
      const value = reading.read(below, item);
      if (schema.uniqueItems === true && seen.size === seen.add(canonicalJson(value)).size) {
        found(reading, { code: 'document/value', message: 'is in the list already', fix: 'keep one of the two' });
      }
      return value;
    }),
  );
  if (list.length < minItems) {
    const message = list.length === 0 ? 'the list is empty' : `has less than ${minItems} members`;
    found(reading, {
      code: 'document/value',
      message,
      fix: `write for example ${exampleText(schema)}, or remove the key`,
    });
  } else if (node.items.length > maxItems) {
    found(reading, { code: 'document/value', message: `has more than ${maxItems} members`, fix: 'remove some' });
  }
  return list;
}
