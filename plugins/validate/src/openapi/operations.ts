import { problem } from '@postern/kit';
import type { BodyRule, Content } from '../body.ts';
import { mediaRange } from '../media-type.ts';
import type { Operation } from '../operation.ts';
import type { Part } from '../part.ts';
import { below, mapOf, stepsOf, valueAt } from '../pointer.ts';
import type { Check } from '../schemas.ts';
import { declaredAt } from './parameters.ts';
import type { Declared, Reading } from './parameters.ts';
import { declaredBody } from './request-body.ts';
import type { DeclaredBody } from './request-body.ts';

/** What an operation declares, before its schemas are compiled. */
export interface DeclaredOperation {
  /** Where it stands in the document. */
  readonly pointer: string;
  readonly parameters: readonly Declared[];
  readonly body: DeclaredBody | undefined;
}

/** Reads one operation of a path. */
export function declareOperation(
  { item, method }: { readonly item: string; readonly method: string },
  reading: Reading,
): DeclaredOperation {
  const pointer = below(item, method);
  if (mapOf(valueAt(reading.root, stepsOf(pointer) ?? [])) === undefined) {
    const path = stepsOf(pointer) ?? [];
    reading.report(problem({ code: 'validate/openapi', path, message: 'an operation is a map', fix: 'write a map' }));
  }
  const parameters = declaredAt([below(item, 'parameters'), below(pointer, 'parameters')], reading);
  return { pointer, parameters, body: declaredBody(pointer, reading) };
}

/** How operations are compiled. */
export interface Compiling {
  readonly reading: Reading;
  readonly others: 'refuse' | 'pass';
}

/** Compiles what an operation declares. Problems go to the reading. */
export function compileOperation(declared: DeclaredOperation, compiling: Compiling): Operation {
  const parts: Part[] = [];
  for (const name of ['params', 'query', 'headers', 'cookies'] as const) {
    const own = declared.parameters.filter(({ part }) => part === name);
    const check = own.length === 0 ? undefined : compileParameters(own, declared, compiling);
    if (check !== undefined)
      parts.push({ name, check, parameters: own.map(({ parameter }) => parameter), open: false });
  }
  return { parts, body: declared.body && compileBody(declared.body, declared, compiling) };
}

function compileParameters(
  own: readonly Declared[],
  { pointer }: DeclaredOperation,
  compiling: Compiling,
): Check | undefined {
  const properties = Object.fromEntries(
    own.flatMap(({ parameter, schema }) => (schema === undefined ? [] : [[parameter.name, { $ref: schema }] as const])),
  );
  const required = own.filter((one) => one.required).map(({ parameter }) => parameter.name);
  return compile({ type: 'object', properties, required }, pointer, compiling);
}

function compileBody(
  { required, contents }: DeclaredBody,
  { pointer }: DeclaredOperation,
  compiling: Compiling,
): BodyRule {
  return {
    required: () => required,
    others: compiling.others,
    contents: contents.map(({ type, schema }): Content => ({
      range: mediaRange(type),
      check: schema === undefined ? undefined : compile({ $ref: schema }, pointer, compiling),
    })),
  };
}

function compile(schema: Record<string, unknown>, pointer: string, { reading }: Compiling): Check | undefined {
  const check = reading.definitions.schemas.compile(schema);
  if (typeof check === 'function') return check;
  const message = `the schemas of this operation cannot be compiled: ${check}`;
  const fix = 'write them as JSON Schema has them';
  reading.report(problem({ code: 'validate/schema', path: stepsOf(pointer) ?? [], message, fix }));
  return undefined;
}
