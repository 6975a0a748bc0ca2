import type { ErrorObject } from 'ajv';
import type { Fault } from './fault.ts';
import { below, listOf } from './pointer.ts';

/** Errors of one check that are read; more are never shown. */
const MOST_ERRORS = 100;

/** What ajv found, as faults: where, and the rule in words. No value is a part of any. Pure. */
export function toFaults(errors: readonly ErrorObject[]): readonly Fault[] {
  const read = errors.slice(0, MOST_ERRORS);
  const choices = read.filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf');
  const faults: Fault[] = [];
  for (const error of read) {
    // `if` says what its branch says; of the shapes of a choice those that were not meant would speak as well.
    if (error.keyword === 'if' || choices.some((choice) => isOtherShape(error, choice))) continue;
    const fault = toFault(error);
    if (!faults.some(({ pointer, words }) => pointer === fault.pointer && words === fault.words)) faults.push(fault);
  }
  return faults;
}

/** Whether an error only says that a shape of a choice is of another kind than what came. */
function isOtherShape({ keyword, instancePath, schemaPath }: ErrorObject, choice: ErrorObject): boolean {
  const inside = schemaPath.startsWith(`${choice.schemaPath}/`);
  return inside && instancePath === choice.instancePath && ['type', 'const', 'enum'].includes(keyword);
}

function toFault({ keyword, instancePath, params, propertyName }: ErrorObject): Fault {
  const pointer = instancePath;
  switch (keyword) {
    case 'required':
      return { pointer: below(pointer, text(params, 'missingProperty')), words: 'is required' };
    case 'dependentRequired':
    case 'dependencies': {
      const name = below(pointer, text(params, 'missingProperty'));
      return { pointer: name, words: `is required where ${below(pointer, text(params, 'property'))} is there` };
    }
    case 'additionalProperties':
      return { pointer: below(pointer, text(params, 'additionalProperty')), words: 'is not allowed' };
    case 'unevaluatedProperties':
      return { pointer: below(pointer, text(params, 'unevaluatedProperty')), words: 'is not allowed' };
    default:
      if (propertyName !== undefined) return { pointer, words: 'has a member whose name is not allowed' };
      return { pointer, words: rule(keyword, params) };
  }
}

const KINDS: Readonly<Record<string, string>> = {
  object: 'an object',
  array: 'a list',
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  null: 'null',
};

type Params = Readonly<Record<string, unknown>>;

function rule(keyword: string, params: Params): string {
  const limit = text(params, 'limit');
  switch (keyword) {
    case 'type':
      return `must be ${text(params, 'type')
        .split(',')
        .map((type) => KINDS[type] ?? type)
        .join(' or ')}`;
    case 'maximum':
    case 'minimum':
    case 'exclusiveMaximum':
    case 'exclusiveMinimum':
      return `must be ${{ maximum: 'at most', minimum: 'at least', exclusiveMaximum: 'less than', exclusiveMinimum: 'more than' }[keyword]} ${limit}`;
    case 'maxLength':
      return `must have at most ${limit} characters`;
    case 'minLength':
      return `must have at least ${limit} characters`;
    case 'maxItems':
    case 'items':
    case 'additionalItems':
    case 'unevaluatedItems':
      return `must have at most ${limit === '' ? text(params, 'len') : limit} items`;
    case 'minItems':
      return `must have at least ${limit} items`;
    case 'maxProperties':
      return `must have at most ${limit} members`;
    case 'minProperties':
      return `must have at least ${limit} members`;
    case 'multipleOf':
      return `must be a multiple of ${text(params, 'multipleOf')}`;
    case 'format':
      return `must be in the format ${text(params, 'format')}`;
    default:
      return RULES[keyword] ?? `breaks the rule ${keyword}`;
  }
}

const RULES: Readonly<Record<string, string>> = {
  anyOf: 'must fit one of the shapes that are allowed',
  const: 'must be the one value that is allowed',
  contains: 'must have another number of the items that are asked for',
  enum: 'must be one of the values that are allowed',
  'false schema': 'is not allowed',
  not: 'must not have the shape that is forbidden',
  oneOf: 'must fit exactly one of the shapes that are allowed',
  pattern: 'must match the pattern',
  propertyNames: 'has a member whose name is not allowed',
  uniqueItems: 'must not have the same item twice',
};

function text(params: Params, name: string): string {
  const value = params[name];
  const list = listOf(value);
  if (list !== undefined) return list.join(',');
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
