import type { TSchemaOptions } from 'typebox';
import { Schema } from './schema.ts';

/** What texts with a unit look like, for the JSON Schema. */
export const DURATION_PATTERN = '^\\d+(\\.\\d+)?(ms|s|m|h|d)$';
export const SIZE_PATTERN = '^\\d+(\\.\\d+)?(B|KB|MB|GB|KiB|MiB|GiB)$';

// A timer of Node takes 31 bits of milliseconds, not quite 25 days; what is longer would fire at once.
const MAX_DURATION = 24 * 86_400_000;

/** A time span, written with its unit and read into milliseconds. `minimum` and `maximum` are in milliseconds. */
export const Duration = (description: string, options: TSchemaOptions = {}) =>
  Schema.Unsafe<number>({
    description: `${description} With its unit: 250ms, 5s, 1m, 2h, 1d.`,
    unit: 'duration',
    anyOf: [{ type: 'string', pattern: DURATION_PATTERN }],
    minimum: 1,
    maximum: MAX_DURATION,
    ...options,
  });

/** A number of bytes, written with or without a unit. `minimum` and `maximum` are in bytes. */
export const Size = (description: string, options: TSchemaOptions = {}) =>
  Schema.Unsafe<number>({
    description: `${description} 16KiB, 10MiB, 1KB, or a whole number of bytes.`,
    unit: 'size',
    anyOf: [{ type: 'string', pattern: SIZE_PATTERN }, { type: 'integer' }],
    minimum: 1,
    ...options,
  });

/** One of a few words. */
export const Choice = <const Words extends readonly string[]>(words: Words, options: TSchemaOptions = {}) =>
  Schema.Unsafe<Words[number]>({ type: 'string', enum: words, ...options });
