import { listOf, localSteps, mapOf, valueAt } from '../pointer.ts';
import type { Version } from './document.ts';

type Map = Readonly<Record<string, unknown>>;

/** Turns the schemas of an OpenAPI document into JSON Schemas of draft 2020-12 with the same meaning for requests. Pure. */
export function translatorOf(version: Version, root: unknown): (schema: Map) => Map {
  return (schema) => {
    // In 3.0 nothing beside a reference counts; in 3.1 it does (3.0.4 section 4.7.23, 3.1.1 section 4.8.24).
    if (version === '3.0' && typeof schema['$ref'] === 'string') return { $ref: schema['$ref'] };
    const request = withoutReadOnly(schema, root);
    return version === '3.0' ? fromOld(request) : withoutNames(request);
  };
}

/** What only answers carry cannot be required of a request. */
function withoutReadOnly(schema: Map, root: unknown): Map {
  const required = listOf(schema['required']);
  const properties = mapOf(schema['properties']);
  if (required === undefined || properties === undefined) return schema;
  const kept = required.filter((name) => {
    const member = typeof name === 'string' && Object.hasOwn(properties, name) ? mapOf(properties[name]) : undefined;
    const reference = member?.['$ref'];
    const steps = typeof reference === 'string' ? localSteps(reference) : undefined;
    const meant = steps === undefined ? member : mapOf(valueAt(root, steps));
    return meant?.['readOnly'] !== true;
  });
  return { ...schema, required: kept };
}

/** Names of schemas are for other documents to refer to; here every schema has one already. */
function withoutNames(schema: Map): Map {
  const { $id: _id, ...rest } = schema;
  return rest;
}

/** OpenAPI 3.0 has `nullable`, and `exclusiveMinimum` as a note beside `minimum`. */
function fromOld(schema: Map): Map {
  const { nullable, exclusiveMinimum, exclusiveMaximum, ...rest } = schema;
  const made: Record<string, unknown> = { ...rest };
  takeLimit(made, 'minimum', { keyword: 'exclusiveMinimum', value: exclusiveMinimum });
  takeLimit(made, 'maximum', { keyword: 'exclusiveMaximum', value: exclusiveMaximum });
  if (nullable !== true) return made;
  if (hasParts(made)) return { anyOf: [{ type: 'null' }, made] };
  const values = listOf(made['enum']);
  if (typeof made['type'] !== 'string') return made;
  made['type'] = [made['type'], 'null'];
  if (values !== undefined && !values.includes(null)) made['enum'] = [...values, null];
  return made;
}

function takeLimit(
  made: Record<string, unknown>,
  limit: string,
  { keyword, value }: { readonly keyword: string; readonly value: unknown },
): void {
  if (value === true && made[limit] !== undefined) {
    made[keyword] = made[limit];
    delete made[limit];
  } else if (typeof value !== 'boolean' && value !== undefined) made[keyword] = value;
}

/** Whether other schemas have a say, which know nothing of null. */
function hasParts(schema: Map): boolean {
  return ['allOf', 'anyOf', 'oneOf', '$ref'].some((keyword) => schema[keyword] !== undefined);
}
