import { Schema } from '@postern/kit';
import type { Static } from '@postern/kit';

const JSON_SCHEMA = 'A JSON Schema, draft 2020-12, or draft-07 where $schema says so';

const anySchema = (description: string) => Schema.Optional(Schema.Unknown({ description }));

export const Config = Schema.Object({
  body: anySchema(`${JSON_SCHEMA}: of the decoded JSON body`),
  query: anySchema(`${JSON_SCHEMA}: of an object with the names of the query; values are read by its types`),
  headers: anySchema(`${JSON_SCHEMA}: of an object with the names of headers, in any case`),
  params: anySchema(`${JSON_SCHEMA}: of an object with the {param} segments of the route`),
  openapi: Schema.Optional(
    Schema.Unknown({
      description: 'An OpenAPI document, 3.0 or 3.1: a map, or its text as YAML or JSON',
      examples: ['${file:./openapi.yaml}'],
    }),
  ),
  basePath: Schema.Optional(
    Schema.String({
      description: 'What stands in front of the paths of the OpenAPI document. Default: the paths of its servers',
      pattern: '^/',
      examples: ['/shop'],
    }),
  ),
  unknownOperation: Schema.Optional(
    Schema.Union([Schema.Literal('refuse'), Schema.Literal('pass')], {
      description:
        'What becomes of a path or method that the OpenAPI document does not have: 404 or 405, or on it goes',
      default: 'refuse',
    }),
  ),
  bodyRequired: Schema.Optional(
    Schema.Boolean({ description: 'Whether POST, PUT and PATCH need a body where body is set', default: true }),
  ),
  contentTypes: Schema.Optional(
    Schema.Array(Schema.String({ pattern: '^[\\w!#$&^.+*-]+/[\\w!#$&^.+*-]+$' }), {
      description: 'Media types whose bodies are checked as JSON; * stands for any',
      default: ['application/json', 'application/*+json'],
      minItems: 1,
    }),
  ),
  otherContentTypes: Schema.Optional(
    Schema.Union([Schema.Literal('refuse'), Schema.Literal('pass')], {
      description: 'What becomes of bodies of other media types: 415, or on they go unchecked',
      default: 'refuse',
    }),
  ),
  maxBody: Schema.Optional(
    Schema.Unsafe<number>({
      description: 'The most that a decoded body may have. 16KiB, 1MiB, or a whole number of bytes.',
      unit: 'size',
      anyOf: [{ type: 'string', pattern: '^\\d+(?:\\.\\d+)?(?:B|KB|MB|GB|KiB|MiB|GiB)$' }, { type: 'integer' }],
      minimum: 1,
      default: '1MiB',
    }),
  ),
  maxDepth: Schema.Optional(
    Schema.Integer({
      description: 'Lists and maps inside one another that a body may have',
      minimum: 1,
      maximum: 512,
      default: 64,
    }),
  ),
  status: Schema.Optional(
    Schema.Union([Schema.Literal(400), Schema.Literal(422)], {
      description: 'Status of a refusal for what does not fit; what cannot be read at all is 400',
      default: 400,
    }),
  ),
});

/** What is checked, as people write it. */
export type Written = Static<typeof Config>;
