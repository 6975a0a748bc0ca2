import { printable } from './quote.ts';
import type { Reading } from './reading.ts';
import { found, referenceOf } from './reading.ts';
import type { JsonSchema } from '@postern/schema';
import { standIn } from './stand-in.ts';
import type { Node } from './tree.ts';
import { exampleText, foundWords, typesOf, wanted } from './wanted.ts';

/** Says that a value has the wrong type, what was found and what is wanted; gives the stand-in to go on with. */
export function wrongType(schema: JsonSchema, node: Node, reading: Reading): unknown {
  const reference = referenceOf(reading, node);
  const hidden = reference !== undefined && reference.whole;
  const message = hidden
    ? `the value of ${printable(reference.source)} is not ${wanted(schema)}`
    : `found ${foundWords(node, schema)}, want ${wanted(schema)}`;
  const fix = hidden ? `make it ${wanted(schema)}, for example ${exampleText(schema)}` : mend(schema, node);
  found(reading, { code: 'document/wrong-type', message, fix });
  return standIn(schema);
}

/** The mend that fits what people most likely did: quotes forgotten or too many, a list of one, a dash too much. */
function mend(schema: JsonSchema, node: Node): string {
  const types = typesOf(schema).length > 0 ? typesOf(schema) : (schema.anyOf ?? schema.oneOf ?? []).flatMap(typesOf);
  const example = exampleText(schema);
  if (node.kind === 'scalar' && node.value !== null && schema.writeOnly !== true) {
    const shown = printable(node.source);
    if (types.includes('array')) return `write a list: [${listText(shown)}]`;
    const free = schema.examples === undefined || schema.pattern !== undefined;
    if (types.includes('string') && typeof node.value !== 'string' && free) return `put it in quotes: "${shown}"`;
    if (types.includes('boolean') && /^(?:y|yes|on|true)$/i.test(shown)) return 'write true';
    if (types.includes('boolean') && /^(?:n|no|off|false)$/i.test(shown)) return 'write false';
    const isNumber = types.includes('integer') || types.includes('number');
    if (isNumber && typeof node.value === 'string' && /^\d+$/.test(shown)) return `write ${shown} without quotes`;
  }
  if (node.kind === 'scalar' && node.value === null)
    return `write ${wanted(schema)}, for example ${example}, or remove the key`;
  const sole = types.includes('string') && schema.writeOnly !== true ? soleText(node) : undefined;
  if (sole !== undefined) return `write ${printable(sole)} alone`;
  const braced = types.includes('string') ? bracedText(node) : undefined;
  if (braced !== undefined) return `put it in quotes: "${printable(braced)}"`;
  if (node.kind === 'list' && types.includes('object') && node.items.some(({ kind }) => kind === 'map'))
    return 'take the dash (or the brackets) away: this is one map, not a list';
  if (node.kind === 'map' && types.includes('array')) return 'put a dash in front of each member: this is a list';
  return example === 'text' ? 'write a text' : `write ${wanted(schema)}, for example ${example}`;
}

/** `GET, POST` is a list whose brackets are missing; a member is quoted unless it is plain in brackets too. */
function listText(shown: string): string {
  return shown
    .split(/\s*,\s*/)
    .filter((member) => member !== '')
    .map((member) => (/^[\w./-](?:[\w./:-]*[\w./-])?$/.test(member) ? member : JSON.stringify(member)))
    .join(', ');
}

/** The one text in a list of one, or the name in a map: what was meant where a text is wanted. */
function soleText(node: Node): string | undefined {
  let inner: Node | undefined;
  if (node.kind === 'list' && node.items.length === 1) inner = node.items[0];
  if (node.kind === 'map') inner = (node.members.get('name') ?? node.members.get('policy'))?.value;
  return inner?.kind === 'scalar' && typeof inner.value === 'string' ? inner.value : undefined;
}

/** `{id}` without quotes is a map with one key and nothing behind it. */
function bracedText(node: Node): string | undefined {
  if (node.kind !== 'map' || node.members.size !== 1) return undefined;
  const [[key, { value }] = ['', { value: node }]] = node.members;
  return value.kind === 'scalar' && value.value === null ? `{${key}}` : undefined;
}
