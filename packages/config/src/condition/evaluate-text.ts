import type { TextExpression } from '@postern/model';
import { toChoice, toEntry, toField } from './inputs.ts';
import type { Evaluate, ToPredicate } from './inputs.ts';

/** Makes a function of a part that gives a text. */
export function toText(expression: TextExpression, toPredicate: ToPredicate): Evaluate<string> {
  switch (expression.kind) {
    case 'text': {
      const { value } = expression;
      return () => value;
    }
    case 'request':
      return toField(expression.field);
    case 'name':
      return toName(expression.of);
    case 'entry':
      return toEntry(expression.of, expression.name);
    case 'case': {
      const on = toText(expression.on, toPredicate);
      return expression.to === 'lower' ? (inputs) => lowerAscii(on(inputs)) : (inputs) => upperAscii(on(inputs));
    }
    case 'choose-text':
      return toChoice(
        toPredicate(expression.test),
        toText(expression.yes, toPredicate),
        toText(expression.no, toPredicate),
      );
    default:
      return expression satisfies never;
  }
}

/** The name of the consumer, of the group or of the route; empty where there is none. */
function toName(of: 'consumer' | 'group' | 'route'): Evaluate<string> {
  if (of === 'consumer') return ({ consumer }) => consumer?.name ?? '';
  return of === 'group' ? ({ group }) => group ?? '' : ({ route }) => route ?? '';
}

function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (found) => found.toLowerCase());
}

function upperAscii(text: string): string {
  return text.replace(/[a-z]+/g, (found) => found.toUpperCase());
}
