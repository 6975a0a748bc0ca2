import type { ASTNode } from '@marcbachmann/cel-js';
import type { Expression, TextExpression, TruthExpression } from '@postern/model';
import { noField, noFunction } from './explain.ts';
import { joined } from './kinds.ts';
import { FUNCTIONS, METHODS, NAMES } from './names.ts';
import { patternProblem } from './pattern.ts';
import { notTaken } from './problem.ts';
import type { Walk } from './walk.ts';

type Call = Extract<ASTNode, { op: 'call' }>;
type MethodCall = Extract<ASTNode, { op: 'rcall' }>;

/** `has(...)`, `int(...)`, `size(...)`. */
export function lowerCall(walk: Walk, node: Call): Expression {
  const [name, [on]] = node.args;
  if (on === undefined || !FUNCTIONS.includes(name))
    return walk.refuse(noFunction({ name, known: FUNCTIONS, at: node.start }));
  if (name === 'has') return presence(walk, on);
  if (name === 'size') return { kind: 'size', on: walk.textOf(on) };
  const value = walk.lower(on);
  if (value.kind === 'number' || value.kind === 'int') return value;
  return { kind: 'int', on: walk.textOf(on) };
}

/** `has(request.headers.x)`: the name is there, its text may be empty. */
function presence(walk: Walk, node: ASTNode): TruthExpression {
  if (node.op !== '.') return walk.refuse(notTaken(node.start, 'has() of this', "write 'name' in request.headers"));
  const [on, name] = node.args;
  const of = walk.mapOf(on);
  if (of !== undefined) return { kind: 'present', of, name: of === 'request.headers' ? name.toLowerCase() : name };
  const variable = on.op === 'id' ? on.args : '';
  if (NAMES[variable]?.includes(name) !== true) return walk.refuse(noField({ variable, field: name, at: node.pos }));
  return { kind: 'truth', value: true };
}

/** `on.name(...)`. */
export function lowerMethod(walk: Walk, node: MethodCall): Expression {
  const [name, receiver, given] = node.args;
  const [first, second] = given;
  const at = Math.max(node.start, node.input.indexOf(name, receiver.end));
  if (!METHODS.includes(name)) return walk.refuse(noFunction({ name, known: METHODS, at }));
  if (name === 'exists' || name === 'all') return loop(walk, node);
  const on = walk.textOf(receiver);
  if (name === 'size') return { kind: 'size', on };
  if (name === 'lowerAscii' || name === 'upperAscii')
    return { kind: 'case', to: name === 'lowerAscii' ? 'lower' : 'upper', on };
  if (first === undefined || second !== undefined)
    return walk.refuse(notTaken(at, `${name} with ${given.length} values`, 'give it one text'));
  const wanted = walk.textOf(first);
  if (name === 'matches') return matches(walk, { on, wanted, at: first.start });
  const operator = name === 'startsWith' || name === 'endsWith' ? name : 'contains';
  return { kind: 'search', operator, on, wanted };
}

interface Match {
  readonly on: TextExpression;
  readonly wanted: TextExpression;
  readonly at: number;
}

function matches(walk: Walk, { on, wanted, at }: Match): TruthExpression {
  if (wanted.kind !== 'text')
    return walk.refuse(notTaken(at, 'a pattern that comes from the request', 'write the pattern in quotes'));
  walk.patterns += 1;
  const problem = patternProblem(wanted.value, { at, count: walk.patterns });
  return problem === undefined ? { kind: 'matches', on, pattern: wanted.value } : walk.refuse(problem);
}

/** `['/a', '/b'].exists(x, request.path.startsWith(x))`, written out: no loop is left, and its length is in the document. */
function loop(walk: Walk, node: MethodCall): TruthExpression {
  const [name, list, [variable, body]] = node.args;
  if (list.op !== 'list' || variable?.op !== 'id' || body === undefined) {
    const claims = (list.op === '.' || list.op === '[]') && walk.mapOf(list.args[0]) === 'claims';
    const fix = claims
      ? "ask for a member of the claim: 'admin' in claims.roles"
      : `write the list out, as in ['/a', '/b'].${name}(x, request.path.startsWith(x))`;
    return walk.refuse(notTaken(list.start, `${name}() over what is no list in the condition itself`, fix));
  }
  const before = walk.scope.get(variable.args);
  const each: TruthExpression[] = [];
  for (const element of list.args) {
    if (!walk.fits) break;
    walk.scope.delete(variable.args);
    if (before !== undefined) walk.scope.set(variable.args, before);
    const value = walk.lower(element);
    walk.scope.set(variable.args, value);
    each.push(walk.truth(body));
  }
  walk.scope.delete(variable.args);
  if (before !== undefined) walk.scope.set(variable.args, before);
  return joined(name === 'exists' ? 'or' : 'and', each);
}
