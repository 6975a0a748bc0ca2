export { fits } from './fits.ts';
export type { JsonSchema } from './json-schema.ts';
export { matches } from './matches.ts';
export { Schema } from './schema.ts';
export type { SchemaBuilder } from './schema.ts';
export { Choice, Duration, DURATION_PATTERN, Size, SIZE_PATTERN } from './words.ts';
export type { Static, TObject, TProperties, TSchema, TSchemaOptions } from 'typebox';
