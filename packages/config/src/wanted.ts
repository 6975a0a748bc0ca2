import { choices, printable, quoted } from './quote.ts';
import { plainScalar } from './scalar.ts';
import type { JsonSchema } from '@postern/schema';
import type { Node } from './tree.ts';

const KINDS: Readonly<Record<string, string>> = {
  object: 'a map',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  null: 'nothing',
};

/** What a schema wants, in words people use: `a list`, `enforce or off`, `a duration`. */
export function wanted(schema: JsonSchema): string {
  if (schema.wants !== undefined) return schema.wants;
  if (schema.unit !== undefined) return schema.unit === 'duration' ? 'a duration' : 'a size';
  const words = wordsOf(schema);
  if (words !== undefined) return choices(words);
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches !== undefined) return choices([...new Set(branches.map((branch) => wanted(branch)))]);
  const types = typesOf(schema);
  return types.length === 0 ? 'a value' : choices(types.map((type) => KINDS[type] ?? type));
}

/** The words of a choice: of an enum, a const, or a union of such; undefined when the schema is no choice. */
export function wordsOf(schema: JsonSchema): string[] | undefined {
  if (schema.const !== undefined) return [String(schema.const)];
  if (schema.enum !== undefined) return schema.enum.map(String);
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches === undefined || schema.unit !== undefined) return undefined;
  const words = branches.map((branch) => wordsOf(branch));
  return words.every((list) => list !== undefined) ? words.flat() : undefined;
}

/** The JSON types that a schema takes. */
export function typesOf(schema: JsonSchema): readonly string[] {
  const { type } = schema;
  if (type === undefined) return schema.properties === undefined ? [] : ['object'];
  return typeof type === 'string' ? [type] : type;
}

/** What stands in the document, in the same words. A `writeOnly` schema keeps the value to itself. */
export function foundWords(node: Node, schema: JsonSchema): string {
  if (node.kind !== 'scalar') return node.kind === 'list' ? 'a list' : 'a map';
  if (node.value === null) return 'nothing';
  if (schema.writeOnly === true) return typeof node.value === 'string' ? 'a text' : `a ${typeof node.value}`;
  if (typeof node.value === 'string') return `the text ${quoted(node.value)}`;
  return typeof node.value === 'number' ? `the number ${printable(node.source)}` : printable(node.source);
}

/** A value that the schema takes, as YAML in one line. */
export function exampleText(schema: JsonSchema): string {
  return yamlText(exampleOf(schema));
}

function exampleOf(schema: JsonSchema): unknown {
  if (Array.isArray(schema.examples) && schema.examples.length > 0) return schema.examples[0];
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  const branch = (schema.anyOf ?? schema.oneOf)?.[0];
  if (branch !== undefined) return exampleOf(branch);
  switch (typesOf(schema)[0]) {
    case 'object':
      return Object.fromEntries(shownKeys(schema).map((key) => [key, exampleOf(schema.properties?.[key] ?? {})]));
    case 'array':
      return schema.items === undefined || Array.isArray(schema.items) ? [] : [exampleOf(oneOf(schema.items))];
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    default:
      return 'text';
  }
}

/** What an example of a map has to have, or the first key that it may. */
function shownKeys({ required = [], properties = {} }: JsonSchema): readonly string[] {
  return required.length > 0 ? required : Object.keys(properties).slice(0, 1);
}

function oneOf(items: JsonSchema | readonly JsonSchema[]): JsonSchema {
  return 'length' in items ? (items[0] ?? {}) : items;
}

function yamlText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => yamlText(item)).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([key, member]) => `${key}: ${yamlText(member)}`);
    return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
  }
  // Outside these characters a plain text could read as something else in one of YAML's styles.
  const plain = typeof value === 'string' && /^[\w/][\w./:-]*$/.test(value) && plainScalar(value) === value;
  return plain ? value : JSON.stringify(value);
}
