import { matches } from '@postern/schema';
import { printable, quoted } from './quote.ts';
import type { Reading } from './reading.ts';
import { found, referenceOf } from './reading.ts';
import { plainScalar } from './scalar.ts';
import type { JsonSchema } from '@postern/schema';
import { NAME_PATTERN } from './schema/words.ts';
import { standIn } from './stand-in.ts';
import { suggest } from './suggest.ts';
import type { Node, Scalar } from './tree.ts';
import { nearUnit, parseDuration, parseSize } from './units.ts';
import { exampleText, foundWords, typesOf, wanted, wordsOf } from './wanted.ts';
import { wrongType } from './wrong-type.ts';

/** Reads a text, number, truth value or nothing: type first, then the bounds of the schema. */
export function readScalar(schema: JsonSchema, node: Node, reading: Reading): unknown {
  if (node.kind !== 'scalar') return wrongType(schema, node, reading);
  const types = typesOf(schema);
  const reference = referenceOf(reading, node);
  const takesText = types.includes('string');
  if (reference !== undefined && takesText) {
    if (reference.resolved) checkText(schema, reference.text, { node, reading });
    return reference.text;
  }
  if (reference?.resolved === false && reference.whole) return standIn(schema);
  // A text that is one reference becomes what is wanted where it stands: `port: ${env:PORT}`.
  const value: Scalar = reference?.whole === true ? plainScalar(reference.text.trim()) : node.value;
  if (typeof value === 'string' && takesText) {
    checkText(schema, value, { node, reading });
    if (isPlainSecret(schema, value)) found(reading, PLAIN_SECRET);
    return value;
  }
  if (typeof value === 'number' && takesNumber(types, value)) {
    checkNumber(schema, value, { node, reading });
    return value;
  }
  if (typeof value === 'boolean' && types.includes('boolean')) return value;
  if (value === null && types.includes('null')) return value;
  return wrongType(schema, node, reading);
}

/** Digests of secrets, as `postern hash` writes them: whoever reads one has no secret. */
const HASHED = /^(?:sha256|scrypt):/;

/** A URL without a user has no password either. */
const WITHOUT_USER = /^[a-z][a-z0-9+.-]*:\/\/[^@]*$/i;

function isPlainSecret({ secret = false }: JsonSchema, value: string): boolean {
  return secret !== false && !(secret === 'in-url' ? WITHOUT_USER : HASHED).test(value);
}

const PLAIN_SECRET = {
  severity: 'warning',
  code: 'secrets/plain',
  message: 'a secret stands in the document: whoever reads the document has it',
  fix: 'write ${env:NAME} or ${file:path}, or its digest where the plugin takes one: postern hash makes it',
} as const;

function takesNumber(types: readonly string[], value: number): boolean {
  if (!Number.isFinite(value)) return false;
  return types.includes('number') || (types.includes('integer') && Number.isSafeInteger(value));
}

interface Standing {
  readonly node: Node;
  readonly reading: Reading;
}

function checkText(schema: JsonSchema, text: string, { node, reading }: Standing): void {
  const { pattern, minLength = 0, maxLength = Infinity } = schema;
  if (text.length < minLength) {
    const fix = `write ${wanted(schema)}, for example ${exampleText(schema)}`;
    found(reading, { code: 'document/value', message: text === '' ? 'is empty' : `is shorter than ${minLength}`, fix });
  } else if (text.length > maxLength) {
    found(reading, { code: 'document/value', message: `is longer than ${maxLength}`, fix: 'shorten it' });
  } else if (pattern !== undefined && !matches(pattern, text)) {
    const wants = schema.wants ?? `a text that matches ${pattern}`;
    const fix = pattern === NAME_PATTERN ? `write ${nameLike(text, node)}` : patternMend(schema, text, node);
    found(reading, { code: 'document/value', message: `found ${foundWords(node, schema)}, want ${wants}`, fix });
  }
}

/** The name that was most likely meant: `Shop API` is `shop-api`. References stay unread: their values are secrets. */
function nameLike(text: string, node: Node): string {
  const written = node.kind === 'scalar' && node.value === text;
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 63)
    .replace(/-+$/, '');
  return written && name !== '' ? name : 'a name such as storefront';
}

/** What fits the pattern and is near to what was written: without the characters that do not fit, or with its example's scheme. */
function patternMend(schema: JsonSchema, text: string, node: Node): string {
  const example = exampleText(schema);
  const written = node.kind === 'scalar' && node.value === text && schema.writeOnly !== true;
  const scheme = /^"?([a-z]+:\/\/)/.exec(example)?.[1] ?? '';
  const near = [
    text.trim(),
    text.trim().replace(/[^\w-]+/g, '-'),
    `${scheme}${text}`,
    `${scheme}${text.replace(/^\w+:\/+/, '')}`,
  ];
  const fitting = written && near.find((one) => one !== '' && matches(schema.pattern ?? '', one));
  return typeof fitting === 'string' ? `write ${printable(fitting)}` : `write for example ${example}`;
}

function checkNumber(schema: JsonSchema, value: number, { node, reading }: Standing): void {
  const bound = boundBroken(schema, value);
  if (bound === undefined) return;
  found(reading, {
    code: 'document/value',
    message: `found ${foundWords(node, schema)}, want ${bound}`,
    fix: `write ${bound}`,
  });
}

function boundBroken(schema: JsonSchema, value: number): string | undefined {
  const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum = -Infinity, exclusiveMaximum = Infinity } = schema;
  if (value < minimum) return `${minimum} or more`;
  if (value > maximum) return `${maximum} or less`;
  if (value <= exclusiveMinimum) return `more than ${exclusiveMinimum}`;
  if (value >= exclusiveMaximum) return `less than ${exclusiveMaximum}`;
  const { multipleOf } = schema;
  return multipleOf !== undefined && value % multipleOf !== 0 ? `a multiple of ${multipleOf}` : undefined;
}

/** Reads one of a few words. */
export function readChoice(schema: JsonSchema, node: Node, reading: Reading): unknown {
  const words = wordsOf(schema) ?? [];
  const values = (schema.anyOf ?? schema.oneOf ?? [schema]).flatMap((branch) =>
    branch.enum === undefined ? [branch.const] : [...branch.enum],
  );
  if (node.kind !== 'scalar' || node.value === null) return wrongType(schema, node, reading);
  const reference = referenceOf(reading, node);
  if (reference?.resolved === false) return standIn(schema);
  const text = reference?.text ?? String(node.value);
  const value = values.find((word) => word === node.value || (reference !== undefined && String(word) === text));
  if (value !== undefined) return value;
  const later = typeof node.value === 'string' ? schema.later : undefined;
  if (later !== undefined && Object.hasOwn(later, text)) {
    const fix = later[text] ?? '';
    found(reading, { code: 'document/not-supported-yet', message: `${quoted(text)} is not supported yet`, fix });
    return standIn(schema);
  }
  const near = reference === undefined ? nearWord(text, words) : undefined;
  const fix = near === undefined ? `write ${wanted(schema)}` : `did you mean ${near}?`;
  found(reading, { code: 'document/value', message: `found ${foundWords(node, schema)}, want ${wanted(schema)}`, fix });
  return standIn(schema);
}

/** `HTTP/2.0` is HTTP/2 written out; `HTTPS` is https. Numbers mean something: `http2` is no slip of https. */
function nearWord(text: string, words: readonly string[]): string | undefined {
  const same = words.find((word) => word === text.replace(/\.0$/, ''));
  if (same !== undefined) return same;
  const near = suggest(text, words);
  return near?.replace(/\D/g, '') === text.replace(/\D/g, '') ? near : undefined;
}

function atLeast(schema: JsonSchema): string {
  return `${formatUnit(schema.minimum ?? 0, schema)} or more`;
}

function formatUnit(value: number, { unit }: JsonSchema): string {
  if (unit === 'size') return `${value}B`;
  return value % 86_400_000 === 0 ? `${value / 86_400_000}d` : `${value}ms`;
}

/** Reads a number with a unit into milliseconds or bytes. */
export function readUnit(schema: JsonSchema, node: Node, reading: Reading): unknown {
  const reference = referenceOf(reading, node);
  if (reference?.resolved === false) return standIn(schema);
  const value = node.kind === 'scalar' ? (reference?.text ?? node.value) : null;
  const example = `for example ${exampleText(schema)}`;
  const wants = schema.unit === 'duration' ? 'ms, s, m, h or d' : 'B, KB, MB, GB, KiB, MiB or GiB';
  if (typeof value !== 'string' && typeof value !== 'number') return wrongType(schema, node, reading);
  const written = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  const parsed = schema.unit === 'duration' ? parseDuration(written) : parseSize(written);
  if (parsed === undefined) {
    const message = `found ${foundWords(node, schema)}, want ${wanted(schema)}: a number and ${wants}`;
    const near = reference === undefined && schema.writeOnly !== true ? nearUnit(written, schema.unit) : undefined;
    found(reading, { code: 'document/value', message, fix: `write ${near ?? example}` });
  } else if (boundBroken(schema, parsed) !== undefined) {
    const bound =
      parsed < (schema.minimum ?? 0) ? atLeast(schema) : `${formatUnit(schema.maximum ?? 0, schema)} or less`;
    found(reading, {
      code: 'document/value',
      message: `found ${foundWords(node, schema)}, want ${bound}`,
      fix: `write ${bound}, ${example}`,
    });
  } else return parsed;
  return standIn(schema);
}
