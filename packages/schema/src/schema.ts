import type { Type } from 'typebox';
import type { JsonSchema } from './json-schema.ts';

/** The part of TypeBox that schemas here are written with: the same functions, the same inferred types. */
export type SchemaBuilder = Pick<
  typeof Type,
  | 'Array'
  | 'Boolean'
  | 'Integer'
  | 'Literal'
  | 'Null'
  | 'Number'
  | 'Object'
  | 'Optional'
  | 'Record'
  | 'String'
  | 'Union'
  | 'Unknown'
  | 'Unsafe'
>;

type Options = Readonly<Record<string, unknown>>;

/** Marks a member that may be absent; no part of the JSON Schema. The same mark as TypeBox's: schemas of either mix. */
const OPTIONAL = '~optional';

const builders = {
  Array: (items: object, options: Options = {}) => ({ type: 'array', items, ...options }),
  Boolean: (options: Options = {}) => ({ type: 'boolean', ...options }),
  Integer: (options: Options = {}) => ({ type: 'integer', ...options }),
  Literal: (value: unknown, options: Options = {}) => ({ type: typeof value, const: value, ...options }),
  Null: (options: Options = {}) => ({ type: 'null', ...options }),
  Number: (options: Options = {}) => ({ type: 'number', ...options }),
  Object: objectOf,
  Optional: (schema: object) => Object.defineProperty({ ...schema }, OPTIONAL, { value: true }),
  Record: (_key: JsonSchema, value: object, options: Options = {}) => ({
    type: 'object',
    patternProperties: { '^.*$': value },
    ...options,
  }),
  String: (options: Options = {}) => ({ type: 'string', ...options }),
  Union: (anyOf: readonly object[], options: Options = {}) => ({ anyOf, ...options }),
  Unknown: (options: Options = {}) => ({ ...options }),
  Unsafe: (schema: object) => ({ ...schema }),
};

function objectOf(properties: Readonly<Record<string, object>>, options: Options = {}): object {
  const required = Object.keys(properties).filter((name) => !Object.hasOwn(properties[name] ?? {}, OPTIONAL));
  return { type: 'object', ...(required.length === 0 ? {} : { required }), properties, ...options };
}

/**
 * Writes a JSON Schema (2020-12) whose TypeScript type is inferred, as TypeBox does, whose types these are: `Static<typeof schema>` is
 * what it takes. The functions are our own because TypeBox as a whole costs each start of the program more than all of our code:
 * docs/decisions/schema.md.
 *
 * @example
 * const Config = Schema.Object({ limit: Schema.Integer({ minimum: 1 }), names: Schema.Optional(Schema.Array(Schema.String())) });
 */
// oxlint-disable-next-line typescript/consistent-type-assertions -- the types say what a schema describes, which its data cannot
export const Schema = builders as unknown as SchemaBuilder;
