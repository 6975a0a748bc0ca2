import { problem } from '@postern/kit';
import type { Finding } from '@postern/kit';
import type { BodyRule } from './body.ts';
import type { Written } from './config.ts';
import { NOTES } from './keywords.ts';
import { mediaRange } from './media-type.ts';
import type { Operation } from './operation.ts';
import type { Parameter } from './parameter.ts';
import type { Part } from './part.ts';
import { localSteps, mapOf, stepsOf, valueAt } from './pointer.ts';
import { prepare } from './prepare.ts';
import { Schemas } from './schemas.ts';
import type { Check, Dialect } from './schemas.ts';
import { shapeOf } from './shape.ts';

/** Reads the schemas that stand in a config by themselves. All problems at once. */
export function toOperation(config: Written): { readonly operation: Operation; readonly problems: readonly Finding[] } {
  const problems: Finding[] = [];
  const compilers = new Map<Dialect, Schemas>();
  const compile = (schema: unknown, path: Finding['path']): Check | undefined =>
    compileOne(schema, { path, problems, compilers });
  const parts: Part[] = [];
  for (const name of ['params', 'query', 'headers'] as const) {
    const written = plainCopy(config[name]);
    if (written === undefined) continue;
    const schema = name === 'headers' ? withLowerNames(written, problems) : written;
    const check = compile(schema, [name]);
    if (check !== undefined) parts.push({ name, check, parameters: parametersOf(schema, name), open: isOpen(schema) });
  }
  const written = plainCopy(config.body);
  const check = written === undefined ? undefined : compile(written, ['body']);
  return { operation: { parts, body: check === undefined ? undefined : ruleOf(config, check) }, problems };
}

const WITH_BODY: ReadonlySet<string> = new Set(['PATCH', 'POST', 'PUT']);
const JSON_TYPES = ['application/json', 'application/*+json'];

function ruleOf(config: Written, check: Check): BodyRule {
  const { bodyRequired = true, contentTypes = JSON_TYPES, otherContentTypes = 'refuse' } = config;
  return {
    required: (method) => bodyRequired && WITH_BODY.has(method),
    contents: contentTypes.map((written) => ({ range: mediaRange(written), check })),
    others: otherContentTypes,
  };
}

/** A config has maps without prototype: ajv compares constants with what JSON gives. */
function plainCopy(schema: unknown): unknown {
  return schema === undefined ? undefined : JSON.parse(JSON.stringify(schema));
}

interface Compiling {
  readonly path: Finding['path'];
  readonly problems: Finding[];
  readonly compilers: Map<Dialect, Schemas>;
}

function compileOne(schema: unknown, { path, problems, compilers }: Compiling): Check | undefined {
  const before = problems.length;
  const dialect = dialectOf(mapOf(schema)?.['$schema']);
  if (dialect === undefined) {
    problems.push(problem({ ...UNKNOWN_DIALECT, path: [...path, '$schema'] }));
    return undefined;
  }
  // A pointer counts from the nearest $id: then ajv has the last word.
  const named = JSON.stringify(schema).includes('"$id"') || JSON.stringify(schema).includes('nchor"');
  const prepared = prepare(schema, path, {
    lenient: false,
    translate: (map) => map,
    reference: (written) => {
      const steps = localSteps(written);
      if (steps === undefined) return named ? written : undefined;
      return named || valueAt(schema, steps) !== undefined ? written : undefined;
    },
    report: (finding) => problems.push(finding),
  });
  let schemas = compilers.get(dialect);
  if (schemas === undefined) compilers.set(dialect, (schemas = new Schemas(dialect)));
  for (const { pointer, words } of schemas.problemsOf(prepared)) {
    const at = [...path, ...(stepsOf(pointer) ?? [])];
    problems.push(problem({ code: 'validate/schema', path: at, message: `this is no schema: it ${words}`, fix: SEE }));
  }
  if (problems.length > before) return undefined;
  const check = schemas.compile(prepared);
  if (typeof check === 'function') return check;
  const code = check.includes("can't resolve reference") ? 'validate/reference' : 'validate/schema';
  problems.push(problem({ code, path, message: `the schema cannot be compiled: ${check}`, fix: SEE }));
  return undefined;
}

const SEE = 'write it as JSON Schema has it: https://json-schema.org/understanding-json-schema';

const UNKNOWN_DIALECT = {
  code: 'validate/dialect',
  message: 'the draft of JSON Schema is not known here',
  fix: 'use https://json-schema.org/draft/2020-12/schema or http://json-schema.org/draft-07/schema#, or leave it out',
};

function dialectOf(uri: unknown): Dialect | undefined {
  if (uri === undefined) return '2020-12';
  if (typeof uri !== 'string') return undefined;
  const plain = uri.replace(/^https?:/, '').replace(/#$/, '');
  if (plain === '//json-schema.org/draft/2020-12/schema') return '2020-12';
  return plain === '//json-schema.org/draft-07/schema' ? 'draft-07' : undefined;
}

function parametersOf(schema: unknown, part: Part['name']): readonly Parameter[] {
  const style = part === 'query' ? 'form' : 'simple';
  return Object.entries(mapOf(mapOf(schema)?.['properties']) ?? {}).map(([name, one]) => {
    const shape = shapeOf(one, schema);
    // Objects have no one way to stand in a query: that is what OpenAPI has styles for.
    return {
      name,
      shape,
      style,
      explode: style === 'form' && !shape.types.has('object'),
      json: false,
      emptyIsAbsent: false,
    };
  });
}

const CLOSED_WORDS: ReadonlySet<string> = new Set(['properties', 'required', 'type', '$defs', 'definitions']);

/** Whether a schema says more than which of the named members there must be. */
function isOpen(schema: unknown): boolean {
  return Object.keys(mapOf(schema) ?? {}).some((keyword) => !CLOSED_WORDS.has(keyword) && !NOTES.has(keyword));
}

/** Names of headers have no case: they are looked up in lower case. */
function withLowerNames(schema: unknown, problems: Finding[]): unknown {
  const map = mapOf(schema);
  if (map === undefined) return schema;
  const lower = { ...map };
  const properties = mapOf(map['properties']);
  if (properties !== undefined) {
    const named = new Map<string, unknown>();
    for (const [name, one] of Object.entries(properties)) {
      if (named.has(name.toLowerCase())) {
        const message = `${name} stands twice, in another case`;
        const path = ['headers', 'properties', name];
        problems.push(problem({ code: 'validate/headers-named-twice', path, message, fix: 'keep one', atKey: true }));
      }
      named.set(name.toLowerCase(), one);
    }
    lower['properties'] = Object.fromEntries(named);
  }
  if (Array.isArray(map['required']))
    lower['required'] = map['required'].map((name: unknown) => (typeof name === 'string' ? name.toLowerCase() : name));
  if (map['additionalProperties'] === false) {
    const message = 'every request has headers beside those that are named here, Host to begin with';
    const path = ['headers', 'additionalProperties'];
    problems.push(problem({ code: 'validate/headers-closed', path, message, fix: 'take additionalProperties out' }));
  }
  return lower;
}
