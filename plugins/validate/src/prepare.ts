import { problem } from '@postern/kit';
import type { Finding } from '@postern/kit';
import { FORMATS } from './formats.ts';
import { LISTS, MAPS, NOTES, ONE, PLAIN, STEP } from './keywords.ts';
import { compilePattern } from './pattern.ts';
import { listOf, mapOf } from './pointer.ts';

/** A JSON Schema as ajv gets it. */
export type Prepared = boolean | Record<string, unknown>;

type Path = Finding['path'];

/** How the schemas of one document are made ready. */
export interface Preparing {
  /** OpenAPI documents hold words that are no keywords, and formats of their own making: those are notes there. */
  readonly lenient: boolean;
  /** What a schema means in JSON Schema, before its parts are looked at. */
  translate(schema: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** A reference as the compiled schemas have it; undefined where it leads to nothing inside the document. */
  reference(written: string): string | undefined;
  report(finding: Finding): void;
}

/**
 * Copies a schema for ajv and reports all that is wrong with it: words that are no keywords, patterns that RE2 does not take,
 * references that lead out of the document. Never follows a reference.
 */
export function prepare(schema: unknown, path: Path, preparing: Preparing): Prepared {
  if (typeof schema === 'boolean') return schema;
  const map = mapOf(schema);
  if (map === undefined) {
    const message = 'a schema is a map, true or false';
    preparing.report(problem({ code: 'validate/schema', path, message, fix: 'write for example { type: object }' }));
    return true;
  }
  const copy: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(preparing.translate(map)))
    put(copy, keyword, prepareKeyword(keyword, value, { path: [...path, keyword], preparing }));
  if (copy['$ref'] !== undefined || copy['$dynamicRef'] !== undefined) copy[STEP] = true;
  return copy;
}

interface At {
  readonly path: Path;
  readonly preparing: Preparing;
}

function prepareKeyword(keyword: string, value: unknown, { path, preparing }: At): unknown {
  const list = listOf(value);
  if (LISTS.has(keyword) || (keyword === 'items' && list !== undefined))
    return list === undefined ? value : list.map((one, at) => prepare(one, [...path, at], preparing));
  if (ONE.has(keyword)) return prepare(value, path, preparing);
  if (MAPS.has(keyword)) return prepareMap(keyword, value, { path, preparing });
  if (NOTES.has(keyword)) return undefined;
  if (!PLAIN.has(keyword)) {
    if (!preparing.lenient) preparing.report(problem({ ...unknownKeyword(keyword), path, atKey: true }));
    return undefined;
  }
  if (typeof value !== 'string') return value;
  if (keyword === 'pattern') checkPattern(value, { path, preparing });
  if (keyword === 'format' && !FORMATS.has(value)) {
    if (!preparing.lenient) preparing.report(problem({ ...unknownFormat(value), path }));
    return undefined;
  }
  if (keyword !== '$ref' && keyword !== '$dynamicRef') return value;
  const reference = preparing.reference(value);
  if (reference === undefined) preparing.report(problem({ ...noTarget(value), path }));
  return reference;
}

function prepareMap(keyword: string, value: unknown, { path, preparing }: At): unknown {
  const map = mapOf(value);
  if (map === undefined) return value;
  const copy: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(map)) {
    const below = [...path, name];
    if (keyword === 'patternProperties') checkPattern(name, { path: below, preparing });
    put(copy, name, keyword === 'dependencies' && Array.isArray(one) ? one : prepare(one, below, preparing));
  }
  return copy;
}

/** Names come from a document: `__proto__` is one like all others. */
function put(map: Record<string, unknown>, name: string, value: unknown): void {
  if (value === undefined) return;
  Object.defineProperty(map, name, { value, enumerable: true, configurable: true, writable: true });
}

function checkPattern(source: string, { path, preparing }: At): void {
  const pattern = compilePattern(source);
  if (pattern.kind === 'pattern') return;
  const message = `the pattern cannot be used: ${pattern.words}`;
  const fix = 'write it in the syntax of RE2: no look-around, no back-references, small repeat counts';
  preparing.report(problem({ code: 'validate/pattern', path, message, fix }));
}

function unknownKeyword(keyword: string): Omit<Finding, 'severity' | 'path'> {
  const message = `${JSON.stringify(keyword)} is no keyword of JSON Schema: nothing would be checked by it`;
  return { code: 'validate/keyword', message, fix: 'correct the word, or take it out' };
}

function unknownFormat(format: string): Omit<Finding, 'severity' | 'path'> {
  const message = `${JSON.stringify(format)} is no format that is known: nothing would be checked by it`;
  return { code: 'validate/format', message, fix: `use one of ${[...FORMATS].join(', ')}, or a pattern` };
}

function noTarget(reference: string): Omit<Finding, 'severity' | 'path'> {
  const message = `${JSON.stringify(reference)} leads to no schema of this document`;
  const fix = 'write what it means into the document: #/$defs/name; other files and URLs are never read';
  return { code: 'validate/reference', message, fix };
}
