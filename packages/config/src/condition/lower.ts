import type { ASTNode } from '@marcbachmann/cel-js';
import type {
  Comparison,
  EntryOf,
  Expression,
  NumberExpression,
  TextExpression,
  TruthExpression,
} from '@postern/model';
import { printable } from '../quote.ts';
import { caseOf, ENTRIES } from './entries.ts';
import { noField } from './explain.ts';
import { claimMend, isNumber, isText, isTruth, joined } from './kinds.ts';
import { lowerCall, lowerMethod } from './lower-calls.ts';
import { MAX_NODES, NAMES, REQUEST_FIELDS } from './names.ts';
import { claimInside, TAKEN_NOT, notTaken, tooLarge } from './problem.ts';
import type { Problem } from './problem.ts';
import type { Walk } from './walk.ts';

const NO: TruthExpression = { kind: 'truth', value: false };
const NOTHING: TextExpression = { kind: 'text', value: '' };
const ZERO: NumberExpression = { kind: 'number', value: '0' };

/**
 * Turns a type-checked tree of CEL into an expression of ours: plain data without loops, each node of which has a bounded
 * cost. What CEL has beyond that becomes a problem. A class because problems and the node count grow over one walk.
 */
export class Lowering implements Walk {
  readonly text: string;
  readonly problems: Problem[] = [];
  readonly scope = new Map<string, Expression>();
  patterns = 0;
  #nodes = 0;

  constructor(text: string) {
    this.text = text;
  }

  get fits(): boolean {
    return this.#nodes <= MAX_NODES;
  }

  lower(node: ASTNode): Expression {
    this.#nodes += 1;
    if (!this.fits) {
      if (this.#nodes === MAX_NODES + 1) this.problems.push(tooLarge(node.start));
      return NO;
    }
    switch (node.op) {
      case 'value':
        return this.#literal(node.args, node);
      case 'id':
        return this.scope.get(node.args) ?? this.#whole(node, `all of ${node.args}`);
      case '.':
      case '[]':
        return this.#access(node);
      case 'call':
        return lowerCall(this, node);
      case 'rcall':
        return lowerMethod(this, node);
      case '!_':
        return { kind: 'not', on: this.truth(node.args) };
      case '-_':
        return { kind: 'negative', on: this.number(node.args) };
      case '&&':
      case '||':
        return {
          kind: node.op === '&&' ? 'and' : 'or',
          left: this.truth(node.args[0]),
          right: this.truth(node.args[1]),
        };
      case '?:':
        return this.#choice(node.args);
      case 'in':
        return this.#membership(node.args);
      case '==':
      case '!=':
      case '<':
      case '<=':
      case '>':
      case '>=':
        return this.#comparison(node.op, node.args, node);
      case '+':
      case '-':
      case '*':
      case '/':
      case '%':
        return this.#arithmetic(node.op, node.args);
      default:
        return this.refuse(
          notTaken(node.start, TAKEN_NOT.get(node.op) ?? printable(node.op), 'compare texts, numbers and names'),
        );
    }
  }

  textOf(node: ASTNode): TextExpression {
    const lowered = this.lower(node);
    return isText(lowered) ? lowered : this.#misfit(node, NOTHING);
  }

  /** A node that must give a number. */
  number(node: ASTNode): NumberExpression {
    const lowered = this.lower(node);
    return isNumber(lowered) ? lowered : this.#misfit(node, ZERO);
  }

  truth(node: ASTNode): TruthExpression {
    const lowered = this.lower(node);
    return isTruth(lowered) ? lowered : this.#misfit(node, NO);
  }

  refuse(problem: Problem): TruthExpression {
    this.problems.push(problem);
    return NO;
  }

  mapOf(node: ASTNode): EntryOf | undefined {
    if (node.op === 'id') return this.scope.has(node.args) ? undefined : ENTRIES.get(node.args);
    if (node.op !== '.' || node.args[0].op !== 'id' || this.scope.has(node.args[0].args)) return undefined;
    return ENTRIES.get(`${node.args[0].args}.${node.args[1]}`);
  }

  // A literal, so that it is known which names a condition reads.
  nameIn(of: EntryOf, node: ASTNode): string | undefined {
    const lowered = this.textOf(node);
    if (lowered.kind === 'text') return caseOf(of, lowered.value);
    this.refuse(
      notTaken(node.start, 'a name that comes from the request', "write the name in quotes, as in ['x-tenant']"),
    );
    return undefined;
  }

  #literal(value: unknown, node: ASTNode): Expression {
    if (typeof value === 'string') return { kind: 'text', value };
    if (typeof value === 'boolean') return { kind: 'truth', value };
    if (typeof value === 'bigint') return { kind: 'number', value: String(value) };
    return this.refuse(
      notTaken(
        node.start,
        printable(this.text.slice(node.start, node.end)),
        'write a text in quotes, or a whole number',
      ),
    );
  }

  #access(node: Extract<ASTNode, { op: '.' | '[]' }>): Expression {
    const [on, step] = node.args;
    const of = this.mapOf(on);
    if (of !== undefined) {
      const name = typeof step === 'string' ? caseOf(of, step) : this.nameIn(of, step);
      return name === undefined ? NOTHING : { kind: 'entry', of, name };
    }
    if (this.#claim(on) !== undefined) return this.refuse(claimInside(node.start));
    const field =
      typeof step === 'string' ? step : step.op === 'value' && typeof step.args === 'string' ? step.args : '';
    if (on.op !== 'id' || this.scope.has(on.args))
      return this.#whole(node, printable(this.text.slice(node.start, node.end)));
    return this.#field({ variable: on.args, field, at: node.pos });
  }

  #field({
    variable,
    field,
    at,
  }: {
    readonly variable: string;
    readonly field: string;
    readonly at: number;
  }): Expression {
    if (NAMES[variable]?.includes(field) !== true) return this.refuse(noField({ variable, field, at }));
    const known = REQUEST_FIELDS.find((name) => name === field);
    if (variable === 'request' && known !== undefined) return { kind: 'request', field: known };
    if (field === 'name' && (variable === 'consumer' || variable === 'group' || variable === 'route'))
      return { kind: 'name', of: variable };
    const fix = `name the one you mean: ${variable}.${field}['name'], or 'name' in ${variable}.${field}`;
    return this.refuse(notTaken(at, `all of ${variable}.${field} at once`, fix));
  }

  #choice([test, then, otherwise]: readonly [ASTNode, ASTNode, ASTNode]): Expression {
    const [asked, yes, no] = [this.truth(test), this.lower(then), this.lower(otherwise)];
    if (isText(yes) && isText(no)) return { kind: 'choose-text', test: asked, yes, no };
    if (isNumber(yes) && isNumber(no)) return { kind: 'choose-number', test: asked, yes, no };
    if (isTruth(yes) && isTruth(no)) return { kind: 'choose-truth', test: asked, yes, no };
    return this.#misfit(then, NO);
  }

  #membership([wanted, among]: readonly [ASTNode, ASTNode]): TruthExpression {
    const of = this.mapOf(among);
    if (of !== undefined) {
      const name = this.nameIn(of, wanted);
      return name === undefined ? NO : { kind: 'present', of, name };
    }
    const held = this.#claim(among);
    if (held !== undefined) return { kind: 'holds', of: 'claims', name: held, wanted: this.textOf(wanted) };
    if ((among.op === '.' || among.op === '[]') && this.#claim(among.args[0]) !== undefined)
      return this.refuse(claimInside(among.start));
    if (among.op !== 'list')
      return this.refuse(
        notTaken(among.start, 'a list that is not written out', "write it out, as in ['GET', 'HEAD']"),
      );
    return joined(
      'or',
      among.args.map((element) => this.#comparison('==', [wanted, element], element)),
    );
  }

  /** Which claim a node names; undefined: it names none. */
  #claim(node: ASTNode): string | undefined {
    if (node.op !== '.' && node.op !== '[]') return undefined;
    const [on, step] = node.args;
    if (this.mapOf(on) !== 'claims') return undefined;
    return typeof step === 'string' ? step : this.nameIn('claims', step);
  }

  #comparison(operator: Comparison, [first, second]: readonly [ASTNode, ASTNode], node: ASTNode): TruthExpression {
    const [left, right] = [this.lower(first), this.lower(second)];
    if (isText(left) && isText(right)) return { kind: 'compare-text', operator, left, right };
    if (isNumber(left) && isNumber(right)) return { kind: 'compare-number', operator, left, right };
    if (!isTruth(left) || !isTruth(right) || (operator !== '==' && operator !== '!='))
      return this.#misfit(node, NO, claimMend(left, right));
    const same: TruthExpression = { kind: 'same-truth', left, right };
    return operator === '==' ? same : { kind: 'not', on: same };
  }

  #arithmetic(operator: '+' | '-' | '*' | '/' | '%', [first, second]: readonly [ASTNode, ASTNode]): Expression {
    const left = this.lower(first);
    if (isNumber(left)) return { kind: 'arithmetic', operator, left, right: this.number(second) };
    // Texts that grow would make the cost of what searches them grow.
    return this.refuse(notTaken(first.start, 'joining texts', 'compare the parts one by one'));
  }

  #whole(node: ASTNode, what: string): Expression {
    return this.refuse(
      notTaken(node.start, what, "read one name: request.method, request.headers['x-tenant'], group.labels.tier"),
    );
  }

  #misfit<Kind extends Expression>(node: ASTNode, standIn: Kind, fix = 'both sides must have the same type'): Kind {
    // The type check lets `dyn` through; what had a problem of its own needs no second one.
    if (this.problems.length === 0) {
      const message = `${printable(this.text.slice(node.start, node.end))} has another type than is wanted here`;
      this.problems.push({ at: node.start, code: 'conditions/type', message, fix });
    }
    return standIn;
  }
}
