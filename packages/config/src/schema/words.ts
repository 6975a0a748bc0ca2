import { Type } from 'typebox';
import type { TSchemaOptions } from 'typebox';
import { DURATION_PATTERN, SIZE_PATTERN } from '../units.ts';

/** What names look like: in documents, logs, metrics, and keys of the bus. */
export const NAME_PATTERN = '^[a-z0-9][a-z0-9-]{0,62}$';

/** Later issues bring these; until then each says so instead of being ignored. */
export const LATER = 'leave it out: this version does not have it yet';

// A timer of Node takes 31 bits of milliseconds, not quite 25 days; what is longer would fire at once.
const MAX_DURATION = 24 * 86_400_000;

/** A name. `description` says of what. */
export const Name = (description: string, example: string) =>
  Type.String({
    description,
    pattern: NAME_PATTERN,
    wants: 'a name of lower-case letters, digits and hyphens, 63 characters at most',
    examples: [example],
  });

/** A text that is not empty. */
export const Text = (description: string, options: TSchemaOptions = {}) =>
  Type.String({ description, minLength: 1, ...options });

/** Free words that group things. */
export const LabelMap = (description: string) =>
  Type.Record(Type.String(), Type.String(), { description, examples: [{ team: 'web' }] });

/** A time span, read into milliseconds. */
export const Duration = (description: string, options: TSchemaOptions & { readonly default: string }) =>
  Type.Unsafe<number>({
    description: `${description} With its unit: 250ms, 5s, 1m, 2h, 1d.`,
    unit: 'duration',
    anyOf: [{ type: 'string', pattern: DURATION_PATTERN }],
    minimum: 1,
    maximum: MAX_DURATION,
    ...options,
  });

/** A number of bytes. */
export const Size = (description: string, options: TSchemaOptions) =>
  Type.Unsafe<number>({
    description: `${description} 16KiB, 10MiB, 1KB, or a whole number of bytes.`,
    unit: 'size',
    anyOf: [{ type: 'string', pattern: SIZE_PATTERN }, { type: 'integer' }],
    minimum: 1,
    ...options,
  });

/** One of a few words. */
export const Choice = <const Words extends readonly string[]>(words: Words, options: TSchemaOptions) =>
  Type.Unsafe<Words[number]>({ type: 'string', enum: words, ...options });

/** Options of a closed map: an unknown member is an issue. */
export const closed = (description: string, options: TSchemaOptions = {}) => ({
  additionalProperties: false,
  description,
  ...options,
});
