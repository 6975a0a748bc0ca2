import type { PluginFacts } from '@postern/model';
import { Document } from './schema/document.ts';
import type { JsonSchema } from '@postern/schema';

/**
 * The JSON Schema of the document, for editors: generated from the schemas that check it, with each plugin's config under
 * its `plugin:` name, and its credentials under it in a consumer. Plain JSON data with stable key order. Pure.
 */
export function documentSchema(plugins: Iterable<PluginFacts>): object {
  const sorted = [...plugins].toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const root: object = Document;
  const document = forEditors(root);
  const policy = itemsOf(document, 'policies');
  const properties = Object.fromEntries(Object.entries(policy.properties ?? {}));
  properties['plugin'] = {
    ...properties['plugin'],
    anyOf: [
      ...sorted.map(({ name, summary }) => ({ const: name, description: summary })),
      { type: 'string', description: 'A third-party plugin of server.plugins.' },
    ],
  };
  const withPlugins = {
    ...policy,
    properties,
    allOf: sorted.map(({ name, config }) => ({
      if: { properties: { plugin: { const: name } }, required: ['plugin'] },
      // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema; nobody awaits a schema
      then: { properties: { config: forEditors(config) }, ...(needsConfig(config) ? { required: ['config'] } : {}) },
    })),
  };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Postern document',
    ...document,
    properties: {
      ...document.properties,
      policies: { ...document.properties?.['policies'], items: withPlugins },
      consumers: { ...document.properties?.['consumers'], items: withCredentials(document, sorted) },
    },
  };
}

/** A consumer whose credentials have the shape that each plugin takes; those of third-party plugins may have any. */
function withCredentials(document: JsonSchema, plugins: readonly PluginFacts[]): JsonSchema {
  const consumer = itemsOf(document, 'consumers');
  const own = plugins.flatMap(({ name, summary, credential }) =>
    credential === undefined
      ? []
      : [[name, { type: 'array', description: `${summary}.`, items: forEditors(credential) }] as const],
  );
  const credentials = { ...consumer.properties?.['credentials'], properties: Object.fromEntries(own) };
  return { ...consumer, properties: { ...consumer.properties, credentials } };
}

function itemsOf(document: JsonSchema, key: string): JsonSchema {
  const items = document.properties?.[key]?.items ?? {};
  return 'length' in items ? {} : items;
}

function needsConfig(config: JsonSchema): boolean {
  return (config.required ?? []).length > 0;
}

const REFERENCE = '\\$\\{(env|file):';

/** Closes what the walker closes, takes our own words out, and lets references stand wherever the walker resolves them. */
function forEditors(schema: JsonSchema): JsonSchema {
  const { unit, later: _later, wants: _wants, secret: _secret, ...kept } = schema;
  // The bounds of a duration are in milliseconds, of a size in bytes: they say nothing about the text.
  const { minimum: _minimum, maximum: _maximum, ...unbound } = kept;
  const own = mapBelow(unit === undefined ? kept : asWritten(unbound, unit));
  const { enum: words, type, pattern, description, default: fallback, ...rest } = own;
  const notes = {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
  };
  if (words !== undefined)
    return { ...notes, ...rest, anyOf: [{ enum: words }, { type: 'string', pattern: REFERENCE }] };
  if (type === 'integer' || type === 'number' || type === 'boolean') {
    return { ...notes, ...rest, type: [type, 'string'], pattern: REFERENCE };
  }
  if (pattern !== undefined) return { ...own, pattern: `${pattern}|${REFERENCE}` };
  const closed = own.properties !== undefined || own.patternProperties !== undefined;
  const open = own.additionalProperties ?? (closed ? false : undefined);
  if (open === undefined) return own;
  return { ...own, additionalProperties: typeof open === 'object' ? forEditors(open) : open };
}

/** A duration of a plugin is read into a number, which nobody may write: milliseconds to one reader are seconds to another. */
function asWritten(schema: JsonSchema, unit: 'duration' | 'size'): JsonSchema {
  const { anyOf } = schema;
  if (unit === 'size' || anyOf === undefined) return schema;
  return { ...schema, anyOf: anyOf.filter(({ type }) => type === 'string') };
}

function mapBelow(schema: JsonSchema): JsonSchema {
  const { properties, patternProperties, anyOf, oneOf, items } = schema;
  return {
    ...schema,
    ...(properties === undefined ? {} : { properties: mapValues(properties) }),
    ...(patternProperties === undefined ? {} : { patternProperties: mapValues(patternProperties) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map((branch) => forEditors(branch)) }),
    ...(oneOf === undefined ? {} : { oneOf: oneOf.map((branch) => forEditors(branch)) }),
    ...(items === undefined
      ? {}
      : { items: 'length' in items ? items.map((item) => forEditors(item)) : forEditors(items) }),
  };
}

function mapValues(schemas: Readonly<Record<string, JsonSchema>>): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(schemas).map(([key, schema]) => [key, forEditors(schema)]));
}
