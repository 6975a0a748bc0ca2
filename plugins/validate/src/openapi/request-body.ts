import { problem } from '@postern/kit';
import { isJson, mediaRange } from '../media-type.ts';
import { below, mapOf, stepsOf, valueAt } from '../pointer.ts';
import type { Reading } from './parameters.ts';

/** What an operation says of its body: media types with references to their schemas. */
export interface DeclaredBody {
  readonly required: boolean;
  readonly contents: readonly { readonly type: string; readonly schema: string | undefined }[];
}

/** Reads the request body of an operation; undefined where it says nothing of one. Of types that are no JSON only the name counts. */
export function declaredBody(operation: string, reading: Reading): DeclaredBody | undefined {
  const pointer = below(operation, 'requestBody');
  if (valueAt(reading.root, stepsOf(pointer) ?? []) === undefined) return undefined;
  const found = reading.definitions.follow(pointer);
  if (found === undefined) return undefined;
  const content = mapOf(found.map['content']);
  if (content === undefined) {
    const path = stepsOf(found.pointer) ?? [];
    const message = 'a request body needs content: media types with their schemas';
    reading.report(
      problem({ code: 'validate/openapi', path, message, fix: 'write content: { application/json: {} }' }),
    );
    return undefined;
  }
  const contents = Object.keys(content).map((type) => {
    const schema = below(below(below(found.pointer, 'content'), type), 'schema');
    const checked = isJson(type) && valueAt(reading.root, stepsOf(schema) ?? []) !== undefined;
    return { type, schema: checked ? reading.definitions.at(schema) : undefined };
  });
  return {
    required: found.map['required'] === true,
    contents: contents.toSorted((one, other) => mediaRange(other.type).rank - mediaRange(one.type).rank),
  };
}
