import type { Expression } from '@postern/model';

/** The expressions that one is made of, one step down. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'text':
    case 'request':
    case 'name':
    case 'entry':
    case 'number':
    case 'truth':
    case 'present':
      return [];
    case 'case':
    case 'int':
    case 'size':
    case 'negative':
    case 'not':
    case 'matches':
      return [expression.on];
    case 'holds':
      return [expression.wanted];
    case 'search':
      return [expression.on, expression.wanted];
    case 'arithmetic':
    case 'and':
    case 'or':
    case 'compare-text':
    case 'compare-number':
    case 'same-truth':
      return [expression.left, expression.right];
    case 'choose-text':
    case 'choose-number':
    case 'choose-truth':
      return [expression.test, expression.yes, expression.no];
    default:
      return expression satisfies never;
  }
}
