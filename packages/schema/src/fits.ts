import type { Static, TSchema } from 'typebox';
import type { JsonSchema } from './json-schema.ts';
import { matches } from './matches.ts';

/**
 * Whether a value has the shape of a schema; what stands in a document with a unit is a number by now. Without a word of why: where
 * people wrote the value, the check of the document has those. Pure.
 */
export function fits<Schema extends TSchema>(schema: Schema, value: unknown): value is Static<Schema>;
export function fits(schema: JsonSchema, value: unknown): boolean;
export function fits(schema: JsonSchema, value: unknown): boolean {
  if (schema.unit !== undefined) return typeof value === 'number' && isInRange(schema, value);
  if (schema.const !== undefined && schema.const !== value) return false;
  if (schema.enum !== undefined && !schema.enum.some((word) => word === value)) return false;
  if (schema.anyOf !== undefined && !schema.anyOf.some((branch) => fits(branch, value))) return false;
  if (schema.oneOf !== undefined && schema.oneOf.filter((branch) => fits(branch, value)).length !== 1) return false;
  const { type } = schema;
  if (type === undefined) return true;
  return typeof type === 'string' ? isOf(type, schema, value) : type.some((one) => isOf(one, schema, value));
}

function isOf(type: string, schema: JsonSchema, value: unknown): boolean {
  switch (type) {
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value) && isMap(schema, value);
    case 'array':
      return Array.isArray(value) && isList(schema, value);
    case 'string':
      return typeof value === 'string' && isText(schema, value);
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value) && isInRange(schema, value);
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) && isInRange(schema, value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'null':
      return value === null;
    default:
      return false;
  }
}

function isMap(schema: JsonSchema, value: object): boolean {
  const { properties = {}, patternProperties = {}, additionalProperties = true, required = [] } = schema;
  const { minProperties = 0, maxProperties = Infinity } = schema;
  // A member that is undefined is as good as absent: configs come from documents, which cannot hold it.
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const names = new Set(members.map(([name]) => name));
  if (members.length < minProperties || members.length > maxProperties) return false;
  if (required.some((name) => !names.has(name))) return false;
  return members.every(([name, member]: [string, unknown]) => {
    const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (own !== undefined) return fits(own, member);
    const patterns = Object.entries(patternProperties).filter(([pattern]) => matches(pattern, name));
    if (patterns.length > 0) return patterns.every(([, below]) => fits(below, member));
    return typeof additionalProperties === 'boolean' ? additionalProperties : fits(additionalProperties, member);
  });
}

function isList(schema: JsonSchema, value: readonly unknown[]): boolean {
  const { items = {}, minItems = 0, maxItems = Infinity, uniqueItems = false } = schema;
  if (value.length < minItems || value.length > maxItems) return false;
  if (uniqueItems && new Set(value.map((item) => JSON.stringify(item))).size < value.length) return false;
  return value.every((item, at) => {
    const below = 'length' in items ? items[at] : items;
    return below === undefined || fits(below, item);
  });
}

function isText({ minLength = 0, maxLength = Infinity, pattern }: JsonSchema, value: string): boolean {
  if (value.length < minLength || value.length > maxLength) return false;
  return pattern === undefined || matches(pattern, value);
}

function isInRange(schema: JsonSchema, value: number): boolean {
  const { minimum = -Infinity, maximum = Infinity, multipleOf } = schema;
  const { exclusiveMinimum = -Infinity, exclusiveMaximum = Infinity } = schema;
  if (value < minimum || value > maximum || value <= exclusiveMinimum || value >= exclusiveMaximum) return false;
  return multipleOf === undefined || Number.isInteger(value / multipleOf);
}
