import type { Finding, Path } from '@postern/model';
import type { Static, TSchema } from '@postern/schema';
import { toPlain } from './plain.ts';
import type { Reading } from './reading.ts';
import type { References } from './resolve.ts';
import type { JsonSchema } from '@postern/schema';
import type { Node } from './tree.ts';
import { readList, readMap } from './validate-map.ts';
import { readChoice, readScalar, readUnit } from './validate-scalar.ts';
import { readUnion } from './validate-union.ts';
import { typesOf, wordsOf } from './wanted.ts';

/** What a validation needs besides the schema. */
export interface Subject {
  readonly node: Node;
  /** The way to `node` in the document: findings are relative to the document. */
  readonly path: Path;
  readonly references: References;
  homesOf(key: string): readonly string[];
}

/** A value of the schema's shape, and everything that is wrong with what the document has in its place. */
export interface Validated<Value> {
  readonly value: Value;
  readonly findings: readonly Finding[];
}

/**
 * Reads a tree along a schema and reports everything that does not fit, at once. Where a value is wrong a stand-in of the
 * right shape takes its place, so that later stages can look for more. Pure.
 */
// The walk gives every value the schema's shape, which the compiler cannot see: the overload is where `unknown` ends.
export function validate<Schema extends TSchema>(schema: Schema, subject: Subject): Validated<Static<Schema>>;
export function validate(schema: JsonSchema, subject: Subject): Validated<unknown>;
export function validate(schema: JsonSchema, subject: Subject): Validated<unknown> {
  const { node, path, references } = subject;
  const findings: Finding[] = [];
  const reading: Reading = {
    references,
    findings,
    path: [...path],
    homesOf: (key) => subject.homesOf(key),
    read: (below, child) => readValue(below, child, reading),
  };
  return { value: readValue(schema, node, reading), findings };
}

type Reader = (schema: JsonSchema, node: Node, reading: Reading) => unknown;

/** Which reader a schema takes; asked once for each value of a document, so kept. */
const readers = new WeakMap<JsonSchema, Reader>();

function readValue(schema: JsonSchema, node: Node, reading: Reading): unknown {
  let read = readers.get(schema);
  if (read === undefined) {
    read = readerOf(schema);
    readers.set(schema, read);
  }
  return read(schema, node, reading);
}

function readerOf(schema: JsonSchema): Reader {
  if (schema.unit !== undefined) return readUnit;
  if (wordsOf(schema) !== undefined) return readChoice;
  if (schema.anyOf !== undefined || schema.oneOf !== undefined) return readUnion;
  const types = typesOf(schema);
  if (types.length > 1) {
    const union = { ...schema, anyOf: types.map((type) => ({ ...schema, type })) };
    return (_schema, node, reading) => readUnion(union, node, reading);
  }
  switch (types[0]) {
    case 'object':
      return readMap;
    case 'array':
      return readList;
    case undefined:
      return (_schema, node, reading) => toPlain(node, reading.references);
    default:
      return readScalar;
  }
}
