import { claimHas } from '@postern/model';
import type { Comparison, TruthExpression } from '@postern/model';
import { toNumber } from './evaluate-number.ts';
import { toText } from './evaluate-text.ts';
import { toChoice, toPresence } from './inputs.ts';
import type { Evaluate } from './inputs.ts';
import { patternOf } from './pattern.ts';

/**
 * Makes a function of a condition's expression, once per snapshot. It allocates nothing but numbers and decoded query
 * values, and throws where CEL has no answer: a text that is no number, a division by zero, an overflow.
 */
export function toPredicate(expression: TruthExpression): Evaluate<boolean> {
  switch (expression.kind) {
    case 'truth': {
      const { value } = expression;
      return () => value;
    }
    case 'present':
      return toPresence(expression.of, expression.name);
    case 'holds': {
      const { name } = expression;
      const wanted = toText(expression.wanted, toPredicate);
      return (inputs) => claimHas(inputs.claims, name, wanted(inputs));
    }
    case 'not': {
      const on = toPredicate(expression.on);
      return (inputs) => !on(inputs);
    }
    case 'and':
      return toBoth(toPredicate(expression.left), toPredicate(expression.right));
    case 'or':
      return toEither(toPredicate(expression.left), toPredicate(expression.right));
    case 'same-truth': {
      const [left, right] = [toPredicate(expression.left), toPredicate(expression.right)];
      return (inputs) => left(inputs) === right(inputs);
    }
    case 'compare-text':
      return toComparison(
        expression.operator,
        toText(expression.left, toPredicate),
        toText(expression.right, toPredicate),
      );
    case 'compare-number':
      return toComparison(
        expression.operator,
        toNumber(expression.left, toPredicate),
        toNumber(expression.right, toPredicate),
      );
    case 'search':
      return toSearch(expression.operator, toText(expression.on, toPredicate), toText(expression.wanted, toPredicate));
    case 'matches': {
      const [on, pattern] = [toText(expression.on, toPredicate), patternOf(expression.pattern)];
      return (inputs) => pattern.test(on(inputs));
    }
    case 'choose-truth':
      return toChoice(toPredicate(expression.test), toPredicate(expression.yes), toPredicate(expression.no));
    default:
      return expression satisfies never;
  }
}

/** As in CEL, a side that has no answer does not matter where the other one decides. */
function toBoth(left: Evaluate<boolean>, right: Evaluate<boolean>): Evaluate<boolean> {
  return (inputs) => {
    let first: boolean;
    try {
      first = left(inputs);
    } catch (error) {
      if (!right(inputs)) return false;
      throw error;
    }
    return first && right(inputs);
  };
}

function toEither(left: Evaluate<boolean>, right: Evaluate<boolean>): Evaluate<boolean> {
  return (inputs) => {
    let first: boolean;
    try {
      first = left(inputs);
    } catch (error) {
      if (right(inputs)) return true;
      throw error;
    }
    return first || right(inputs);
  };
}

function toComparison<Value extends string | bigint>(
  operator: Comparison,
  left: Evaluate<Value>,
  right: Evaluate<Value>,
): Evaluate<boolean> {
  switch (operator) {
    case '==':
      return (inputs) => left(inputs) === right(inputs);
    case '!=':
      return (inputs) => left(inputs) !== right(inputs);
    case '<':
      return (inputs) => left(inputs) < right(inputs);
    case '<=':
      return (inputs) => left(inputs) <= right(inputs);
    case '>':
      return (inputs) => left(inputs) > right(inputs);
    case '>=':
      return (inputs) => left(inputs) >= right(inputs);
    default:
      return operator satisfies never;
  }
}

function toSearch(
  operator: 'startsWith' | 'endsWith' | 'contains',
  on: Evaluate<string>,
  wanted: Evaluate<string>,
): Evaluate<boolean> {
  switch (operator) {
    case 'startsWith':
      return (inputs) => on(inputs).startsWith(wanted(inputs));
    case 'endsWith':
      return (inputs) => on(inputs).endsWith(wanted(inputs));
    case 'contains':
      return (inputs) => on(inputs).includes(wanted(inputs));
    default:
      return operator satisfies never;
  }
}
