import { CORE_SCHEMA, YAMLException, load } from 'js-yaml';
import { listOf, mapOf } from '../pointer.ts';

/** Values of one document: what a few aliases of YAML can stand for has no end. */
const MOST_VALUES = 500_000;
const MAX_DEPTH = 100;
const MAX_ALIASES = 1000;

/** The version of an OpenAPI document, as far as it matters for schemas. */
export type Version = '3.0' | '3.1';

/** An OpenAPI document as plain data, or why it is none. */
export type ReadDocument =
  | { readonly kind: 'read'; readonly root: Readonly<Record<string, unknown>>; readonly version: Version }
  | { readonly kind: 'wrong'; readonly message: string; readonly fix: string };

/** Reads a document: a map, or a text of YAML or JSON. Pure. */
export function readDocument(written: unknown): ReadDocument {
  const parsed = typeof written === 'string' ? parseText(written) : { value: written };
  if ('wrong' in parsed) return wrong(parsed.wrong, 'give the text of an OpenAPI document: ${file:./openapi.yaml}');
  const left = { values: MOST_VALUES };
  const root = mapOf(copy(parsed.value, left));
  if (left.values < 0) return wrong(`the document has more than ${MOST_VALUES} values`, 'split it by API');
  if (root === undefined) return wrong('the document is no map', 'give an OpenAPI document: ${file:./openapi.yaml}');
  const { openapi } = root;
  if (typeof openapi === 'string' && /^3\.[01]\.\d+/.test(openapi))
    return { kind: 'read', root, version: openapi.startsWith('3.0') ? '3.0' : '3.1' };
  if ('swagger' in root) return wrong('Swagger 2.0 is not supported', 'convert it to OpenAPI 3.0 or 3.1');
  return wrong('the document does not say that it is OpenAPI 3.0 or 3.1', 'write openapi: 3.1.0 at its top');
}

function wrong(message: string, fix: string): ReadDocument {
  return { kind: 'wrong', message, fix };
}

function parseText(text: string): { readonly value: unknown } | { readonly wrong: string } {
  const isJson = text.trimStart().startsWith('{');
  try {
    const options = { schema: CORE_SCHEMA, maxDepth: MAX_DEPTH, maxAliases: MAX_ALIASES };
    return { value: isJson ? JSON.parse(text) : load(text, options) };
  } catch (error) {
    // Of the file nothing is shown but the place: a reference may have led to another file than was meant.
    const line = error instanceof YAMLException ? error.mark?.line : undefined;
    const at = line === undefined ? '' : ` (line ${line + 1} of it)`;
    return { wrong: `the text is no ${isJson ? 'JSON' : 'YAML'}${at}` };
  }
}

/** Plain data as JSON has it; ends when there is too much of it. */
function copy(value: unknown, left: { values: number }): unknown {
  left.values -= 1;
  if (left.values < 0) return null;
  const list = listOf(value);
  if (list !== undefined) return list.map((item) => copy(item, left));
  const map = mapOf(value);
  if (map === undefined) return value;
  const made: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(map))
    Object.defineProperty(made, name, {
      value: copy(member, left),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  return made;
}
