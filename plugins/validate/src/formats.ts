import type { Format } from 'ajv';
import type { FormatName } from 'ajv-formats';
import { compilePattern } from './pattern.ts';

/** What ajv-formats gives for a name. */
export type LibraryFormats = (name: FormatName) => Format;

/** A check of a text. */
type Test = (text: string) => boolean;

/**
 * Formats whose check in ajv-formats is code, without a regular expression over texts of any length: dates, numbers, and those
 * that are notes only.
 */
const AS_THEY_ARE: readonly FormatName[] = [
  'date',
  'time',
  'date-time',
  'iso-time',
  'iso-date-time',
  'int32',
  'int64',
  'float',
  'double',
  'password',
  'binary',
];

/** Formats that ajv-formats checks by a regular expression that RE2 takes. */
const BY_PATTERN: readonly FormatName[] = [
  'uri-reference',
  'uri-template',
  'email',
  'ipv4',
  'ipv6',
  'uuid',
  'json-pointer',
  'json-pointer-uri-fragment',
  'relative-json-pointer',
];

const HOSTNAME = linear(
  '^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[-0-9a-zA-Z]{0,61}[0-9a-zA-Z])?)*\\.?$',
);
const DURATION = linear('^P(?:\\d+W|(?:\\d+Y)?(?:\\d+M)?(?:\\d+D)?(?:T(?:\\d+H)?(?:\\d+M)?(?:\\d+S)?)?)$');
const SCHEME = linear('^[a-zA-Z][a-zA-Z0-9+.-]*:');

/** Names of the formats that schemas may use. */
export const FORMATS: ReadonlySet<string> = new Set([
  ...AS_THEY_ARE,
  ...BY_PATTERN,
  'uri',
  'url',
  'hostname',
  'duration',
  'regex',
  'byte',
]);

/**
 * Every format with a check whose time is linear in the text. Those of ajv-formats that are regular expressions run on RE2: some
 * of them backtrack without bound on the engine of JavaScript.
 */
export function* linearFormats(library: LibraryFormats): Iterable<readonly [string, Format]> {
  for (const name of AS_THEY_ARE) yield [name, library(name)];
  const patterns = new Map(BY_PATTERN.map((name) => [name, fromLibrary(library(name))]));
  yield* patterns;
  const reference = patterns.get('uri-reference') ?? never;
  yield ['uri', (text: string) => SCHEME(text) && reference(text)];
  yield ['url', (text: string) => /^(?:https?|ftp):/i.test(text) && URL.canParse(text)];
  yield ['hostname', (text: string) => text.length <= 254 && HOSTNAME(text)];
  yield ['duration', (text: string) => text.length > 2 && !text.endsWith('T') && DURATION(text)];
  yield ['regex', (text: string) => compilePattern(text).kind === 'pattern'];
  yield ['byte', isBase64];
}

function never(): boolean {
  return false;
}

function fromLibrary(format: Format): Test {
  if (!(format instanceof RegExp)) throw new TypeError('ajv-formats has another check for this format than it had');
  return linear(format.ignoreCase ? `(?i)${format.source}` : format.source);
}

function linear(source: string): Test {
  const pattern = compilePattern(source);
  if (pattern.kind === 'wrong') throw new TypeError(`a format is no pattern of RE2: ${pattern.words}`);
  return (text) => pattern.test(text);
}

/** RFC 4648 section 4. */
function isBase64(text: string): boolean {
  if (text.length % 4 !== 0) return false;
  const end = text.endsWith('==') ? text.length - 2 : text.endsWith('=') ? text.length - 1 : text.length;
  for (let at = 0; at < end; at += 1) {
    const code = text.charCodeAt(at);
    const letter = code | 0x20;
    const known = (letter >= 0x61 && letter <= 0x7a) || (code >= 0x2f && code <= 0x39) || code === 0x2b;
    if (!known) return false;
  }
  return true;
}
