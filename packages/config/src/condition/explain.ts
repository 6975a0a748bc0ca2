import type { ASTNode, ErrorLocation, ParseError, TypeError } from '@marcbachmann/cel-js';
import { choices, printable, quoted } from '../quote.ts';
import { suggest } from '../suggest.ts';
import { ELSEWHERE, FUNCTIONS, METHODS, NAMES } from './names.ts';
import type { Problem } from './problem.ts';

type CelError = ParseError | TypeError;

/** Says what the parser or the type check found, in our words, with the place in the text and a mend. Pure. */
export function explain(error: CelError, text: string): Problem {
  const at = Math.min(error.range?.start ?? 0, text.length);
  const node = nodeOf(error.node);
  switch (error.code) {
    case 'unknown_variable':
      return unknownVariable(text, at, node?.op === 'id' ? node.args : text.slice(at, error.range?.end));
    case 'no_such_key':
      return unknownField(node, at);
    case 'no_matching_overload':
      return unknownFunction(error, node, at);
    case 'no_such_overload':
      return wrongTypes(error, at);
    case 'limit_exceeded':
      return {
        at,
        code: 'conditions/too-large',
        message: 'the condition is too large',
        fix: 'split the policy in two',
      };
    default:
      return error.name === 'ParseError' ? syntax(error, text, at) : wrongTypes(error, at);
  }
}

function nodeOf(node: ErrorLocation | ASTNode | undefined): ASTNode | undefined {
  return node !== undefined && isNode(node) ? node : undefined;
}

function isNode(node: ErrorLocation | ASTNode): node is ASTNode {
  return 'op' in node && 'args' in node;
}

function unknownVariable(text: string, at: number, name: string): Problem {
  const message = `there is no ${quoted(name)} here`;
  const code = 'conditions/unknown-name';
  // `request.headers.x-tenant` reads as a subtraction.
  const header = /(request\.(?:headers|query)|\w+\.labels|claims|params)\.([\w-]*-)$/.exec(text.slice(0, at));
  if (header !== null) {
    const rest = /^[\w-]*/.exec(text.slice(at))?.[0] ?? '';
    return {
      at,
      code,
      message,
      fix: `a name with a hyphen is written ${header[1] ?? ''}['${header[2] ?? ''}${rest}']`,
    };
  }
  const near = ELSEWHERE.get(name) ?? suggest(name, Object.keys(NAMES));
  const fix =
    near === undefined ? `conditions read ${choices(Object.keys(NAMES))}; a text stands in quotes` : did(near);
  return { at, code, message, fix };
}

function unknownField(node: ASTNode | undefined, at: number): Problem {
  const variable = node?.op === '.' && node.args[0].op === 'id' ? node.args[0].args : '';
  return noField({ variable, field: node?.op === '.' ? node.args[1] : '', at });
}

/** A field that its variable does not have. */
export function noField(asked: { readonly variable: string; readonly field: string; readonly at: number }): Problem {
  const { variable, field, at } = asked;
  const known = NAMES[variable] ?? [];
  const near = suggest(field, known);
  const ours = ELSEWHERE.get(`${variable}.${field}`) ?? (near === undefined ? undefined : `${variable}.${near}`);
  const message = `${variable} has no ${quoted(field)}`;
  return {
    at,
    code: 'conditions/unknown-name',
    message,
    fix: ours === undefined ? `it has ${choices(known)}` : did(ours),
  };
}

function unknownFunction(error: CelError, node: ASTNode | undefined, at: number): Problem {
  if (node?.op !== 'call' && node?.op !== 'rcall') return wrongTypes(error, at);
  const [name] = node.args;
  const known = node.op === 'call' ? FUNCTIONS : METHODS;
  const place = node.op === 'call' ? at : Math.max(at, node.input.indexOf(name, node.args[1].end));
  return known.includes(name) ? wrongTypes(error, place) : noFunction({ name, known, at: place });
}

/** A function that conditions do not have. */
export function noFunction(asked: {
  readonly name: string;
  readonly known: readonly string[];
  readonly at: number;
}): Problem {
  const near = suggest(asked.name, asked.known);
  const message = `there is no function ${quoted(asked.name)} here`;
  const fix = near === undefined ? `there are ${choices(asked.known)}` : did(near);
  return { at: asked.at, code: 'conditions/unknown-function', message, fix };
}

function wrongTypes(error: CelError, at: number): Problem {
  const code = 'conditions/type';
  const [, sign, operand = ''] = /^no such overload: ([!-])(\w+)$/.exec(error.summary) ?? [];
  if (sign !== undefined) {
    const message = `${sign} takes ${sign === '!' ? 'true or false' : 'a number'}, not ${named(operand)}`;
    return { at, code, message, fix: 'compare first, and put the comparison in parentheses' };
  }
  const both = /^no such overload: (.+) ([=!<>]=|[<>]|[-+*/%]|in) (.+)$/.exec(error.summary);
  const [, left, operator = '', right] = both ?? [];
  if (left === undefined || right === undefined) {
    const message = `the types do not fit: ${printable(error.summary)}`;
    return { at, code, message, fix: 'docs/policies.md has the functions and what they take' };
  }
  const [does, joined] = operator === 'in' ? ['looks for', 'in'] : [verbOf(operator), 'with'];
  return {
    at,
    code,
    message: `${does} ${named(left)} ${joined} ${named(right)}`,
    fix: operator === 'in' ? IN : mendTypes(left, right),
  };
}

const IN = "write a list or a map behind in: ['GET', 'HEAD'], request.headers";

function verbOf(operator: string): string {
  return /[=<>]/.test(operator) ? 'compares' : 'reckons';
}

function mendTypes(left: string, right: string): string {
  const types = new Set([left, right]);
  if (types.has('string') && types.has('int'))
    return 'put the number in quotes, or read the text as a number: int(...)';
  if (types.has('string') && types.has('bool')) return 'put true or false in quotes: it is a text';
  return 'both sides must have the same type';
}

function named(type: string): string {
  if (type === 'string') return 'a text';
  if (type === 'int' || type === 'double' || type === 'uint') return 'a number';
  if (type === 'bool') return 'true or false';
  if (type === 'null') return 'null';
  if (type.startsWith('list')) return 'a list';
  return 'a map';
}

function syntax(error: CelError, text: string, at: number): Problem {
  const code = 'conditions/syntax';
  const rest = text.slice(at);
  const word = /(?:^|\s)(and|or|not)$/i.exec(text.slice(0, at).trimEnd())?.[1] ?? /^(and|or|not)\b/i.exec(rest)?.[1];
  const message = `this is no CEL: ${printable(error.summary)}`;
  if (/^=(?!=)/.test(rest)) return { at, code, message, fix: 'write == to compare' };
  if (error.code === 'unterminated_string') return { at, code, message, fix: 'close the quote' };
  const operators = new Map([
    ['and', '&&'],
    ['or', '||'],
    ['not', '!'],
  ]);
  const operator = operators.get((word ?? '').toLowerCase());
  if (operator !== undefined) return { at, code, message, fix: `write ${operator} for ${word ?? ''}` };
  if (at >= text.length)
    return { at, code, message: 'the condition ends too early', fix: 'finish it, or remove its last operator' };
  return { at, code, message, fix: "an example: request.method == 'POST' && request.path.startsWith('/admin')" };
}

function did(name: string): string {
  return `did you mean ${name}?`;
}
