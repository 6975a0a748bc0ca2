import type { NumberExpression } from '@postern/model';
import { toText } from './evaluate-text.ts';
import { toChoice } from './inputs.ts';
import type { Evaluate, ToPredicate } from './inputs.ts';

const LEAST = -(2n ** 63n);
const MOST = 2n ** 63n - 1n;

/** Makes a function of a part that gives a whole number. It throws where there is none. */
export function toNumber(expression: NumberExpression, toPredicate: ToPredicate): Evaluate<bigint> {
  switch (expression.kind) {
    case 'number': {
      const value = BigInt(expression.value);
      return () => value;
    }
    case 'int': {
      const on = toText(expression.on, toPredicate);
      return (inputs) => parseInteger(on(inputs));
    }
    case 'size': {
      const on = toText(expression.on, toPredicate);
      return (inputs) => BigInt(codePoints(on(inputs)));
    }
    case 'negative': {
      const on = toNumber(expression.on, toPredicate);
      return (inputs) => within(-on(inputs));
    }
    case 'arithmetic':
      return toArithmetic(
        expression.operator,
        toNumber(expression.left, toPredicate),
        toNumber(expression.right, toPredicate),
      );
    case 'choose-number':
      return toChoice(
        toPredicate(expression.test),
        toNumber(expression.yes, toPredicate),
        toNumber(expression.no, toPredicate),
      );
    default:
      return expression satisfies never;
  }
}

function toArithmetic(
  operator: '+' | '-' | '*' | '/' | '%',
  left: Evaluate<bigint>,
  right: Evaluate<bigint>,
): Evaluate<bigint> {
  switch (operator) {
    case '+':
      return (inputs) => within(left(inputs) + right(inputs));
    case '-':
      return (inputs) => within(left(inputs) - right(inputs));
    case '*':
      return (inputs) => within(left(inputs) * right(inputs));
    case '/':
      return (inputs) => within(left(inputs) / right(inputs));
    case '%':
      return (inputs) => left(inputs) % right(inputs);
    default:
      return operator satisfies never;
  }
}

function within(value: bigint): bigint {
  if (value < LEAST || value > MOST) throw new RangeError('the number has more than 64 bits');
  return value;
}

function parseInteger(text: string): bigint {
  if (!/^[-+]?\d{1,19}$/.test(text)) throw new RangeError('int() of a text that is no whole number');
  return within(BigInt(text.startsWith('+') ? text.slice(1) : text));
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
