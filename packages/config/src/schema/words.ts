import { Schema } from '@postern/schema';
import type { TSchemaOptions } from '@postern/schema';

/** What names look like: in documents, logs, metrics, and keys of the bus. */
export const NAME_PATTERN = '^[a-z0-9][a-z0-9-]{0,62}$';

/** Later issues bring these; until then each says so instead of being ignored. */
export const LATER = 'leave it out: this version does not have it yet';

/** A name. `description` says of what. */
export const Name = (description: string, example: string) =>
  Schema.String({
    description,
    pattern: NAME_PATTERN,
    wants: 'a name of lower-case letters, digits and hyphens, 63 characters at most',
    examples: [example],
  });

/** A text that is not empty. */
export const Text = (description: string, options: TSchemaOptions = {}) =>
  Schema.String({ description, minLength: 1, ...options });

/** Free words that group things. */
export const LabelMap = (description: string) =>
  Schema.Record(Schema.String(), Schema.String(), { description, examples: [{ team: 'web' }] });

/** Options of a closed map: an unknown member is an issue. */
export const closed = (description: string, options: TSchemaOptions = {}) => ({
  additionalProperties: false,
  description,
  ...options,
});
