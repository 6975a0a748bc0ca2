import { bareRecord } from '@postern/model';
import type { JsonSchema } from '@postern/schema';
import { typesOf } from './wanted.ts';

/**
 * A value of the schema's shape for where the document's is wrong or unknown: later stages go on with it, so that one
 * mistake does not hide the next. It never leaves: the issue beside it refuses the document.
 */
export function standIn(schema: JsonSchema): unknown {
  if (schema.unit !== undefined) return 1;
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  const branch = (schema.anyOf ?? schema.oneOf)?.[0];
  if (branch !== undefined) return standIn(branch);
  switch (typesOf(schema)[0]) {
    case 'object': {
      const map = bareRecord<unknown>();
      for (const key of schema.required ?? []) map[key] = standIn(schema.properties?.[key] ?? {});
      return map;
    }
    case 'array':
      return [];
    case 'integer':
    case 'number':
      return schema.minimum ?? 0;
    case 'boolean':
      return false;
    case 'null':
      return null;
    default:
      return '';
  }
}
