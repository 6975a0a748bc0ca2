import { Type } from 'typebox';
import type { TSchemaOptions } from 'typebox';

/** As documents write one; the reader of documents has the same. */
const WRITTEN = '^\\d+(\\.\\d+)?(ms|s|m|h|d)$';

/** Milliseconds: a timer takes no more. */
const LONGEST = 24 * 86_400_000;

/**
 * A time span in a config. Documents write it with its unit, `compile` gets milliseconds; bounds are in milliseconds as well.
 *
 * @example
 * Schema.Object({ window: Duration('Time that the limit is for.', { minimum: 1000, examples: ['1m'] }) })
 */
export function Duration(description: string, options: TSchemaOptions = {}) {
  return Type.Unsafe<number>({
    description: `${description} With its unit: 250ms, 5s, 1m, 2h, 1d.`,
    unit: 'duration',
    // What is written, and what it is read into.
    anyOf: [{ type: 'string', pattern: WRITTEN }, { type: 'integer' }],
    minimum: 1,
    maximum: LONGEST,
    ...options,
  });
}
