import type { Expression, Labels, NumberExpression, TextExpression, TruthExpression } from '@postern/model';
import { toNumber } from './evaluate-number.ts';
import { toText } from './evaluate-text.ts';
import { toPredicate } from './evaluate.ts';
import { labelOf } from './inputs.ts';
import type { ConditionInputs } from './inputs.ts';
import { partsOf } from './parts.ts';

/** What a document says about where a condition stands. */
export interface Ground {
  readonly group: Named;
  readonly route: Named;
}

/** A group or route; without a name where no group, or no route, takes the request. */
interface Named {
  readonly name: string;
  readonly labels: Labels;
}

/** Stands for the place where no group takes the request, or no route. */
export const NOWHERE: Named = { name: '', labels: {} };

/** Whether an expression reads names or labels of group or route anywhere: only yes does it differ from place to place. */
export function readsGround(expression: Expression): boolean {
  switch (expression.kind) {
    case 'name':
      return expression.of !== 'consumer';
    case 'entry':
    case 'present':
      return expression.of === 'group.labels' || expression.of === 'route.labels';
    default:
      return partsOf(expression).some(readsGround);
  }
}

/**
 * Fills in what the document knows of a place and reckons out all that is left without a request. What has no answer there,
 * such as the number of a label that is none, stays, and fails at run time as it must. Pure.
 */
export function fold(expression: TruthExpression, ground: Ground): TruthExpression {
  switch (expression.kind) {
    case 'truth':
      return expression;
    case 'present':
      if (expression.of === 'group.labels' || expression.of === 'route.labels')
        return truth(labelOf(labelsOf(expression.of, ground), expression.name) !== undefined);
      return expression;
    case 'holds':
      return { ...expression, wanted: foldText(expression.wanted, ground) };
    case 'and':
    case 'or':
      return foldJoint(expression, ground);
    case 'not':
      return reckoned({ kind: 'not', on: fold(expression.on, ground) });
    case 'same-truth':
      return reckoned({ ...expression, left: fold(expression.left, ground), right: fold(expression.right, ground) });
    case 'compare-text':
      return reckoned({
        ...expression,
        left: foldText(expression.left, ground),
        right: foldText(expression.right, ground),
      });
    case 'compare-number':
      return reckoned({
        ...expression,
        left: foldNumber(expression.left, ground),
        right: foldNumber(expression.right, ground),
      });
    case 'search':
      return reckoned({
        ...expression,
        on: foldText(expression.on, ground),
        wanted: foldText(expression.wanted, ground),
      });
    case 'matches':
      return reckoned({ ...expression, on: foldText(expression.on, ground) });
    case 'choose-truth': {
      const test = fold(expression.test, ground);
      const [yes, no] = [fold(expression.yes, ground), fold(expression.no, ground)];
      if (test.kind === 'truth') return test.value ? yes : no;
      return { ...expression, test, yes, no };
    }
    default:
      return expression satisfies never;
  }
}

/** One side alone decides where it is known, as in CEL: also over one that has no answer. */
function foldJoint(expression: Extract<TruthExpression, { kind: 'and' | 'or' }>, ground: Ground): TruthExpression {
  const [left, right] = [fold(expression.left, ground), fold(expression.right, ground)];
  const decides = expression.kind === 'or';
  if (left.kind === 'truth') return left.value === decides ? left : right;
  if (right.kind === 'truth') return right.value === decides ? right : left;
  return { ...expression, left, right };
}

function foldText(expression: TextExpression, ground: Ground): TextExpression {
  switch (expression.kind) {
    case 'text':
    case 'request':
      return expression;
    case 'name':
      return expression.of === 'consumer' ? expression : { kind: 'text', value: ground[expression.of].name };
    case 'entry':
      if (expression.of === 'group.labels' || expression.of === 'route.labels')
        return { kind: 'text', value: labelOf(labelsOf(expression.of, ground), expression.name) ?? '' };
      return expression;
    case 'case': {
      const on = foldText(expression.on, ground);
      const folded = { ...expression, on };
      return on.kind === 'text' ? { kind: 'text', value: toText(folded, toPredicate)(NO_REQUEST) } : folded;
    }
    case 'choose-text': {
      const test = fold(expression.test, ground);
      const [yes, no] = [foldText(expression.yes, ground), foldText(expression.no, ground)];
      if (test.kind === 'truth') return test.value ? yes : no;
      return { ...expression, test, yes, no };
    }
    default:
      return expression satisfies never;
  }
}

function foldNumber(expression: NumberExpression, ground: Ground): NumberExpression {
  switch (expression.kind) {
    case 'number':
      return expression;
    case 'int':
    case 'size':
      return reckonedNumber({ ...expression, on: foldText(expression.on, ground) });
    case 'negative':
      return reckonedNumber({ ...expression, on: foldNumber(expression.on, ground) });
    case 'arithmetic':
      return reckonedNumber({
        ...expression,
        left: foldNumber(expression.left, ground),
        right: foldNumber(expression.right, ground),
      });
    case 'choose-number': {
      const test = fold(expression.test, ground);
      const [yes, no] = [foldNumber(expression.yes, ground), foldNumber(expression.no, ground)];
      if (test.kind === 'truth') return test.value ? yes : no;
      return { ...expression, test, yes, no };
    }
    default:
      return expression satisfies never;
  }
}

/** Its value, where all its parts are values. */
function reckoned(expression: TruthExpression): TruthExpression {
  if (!hasValuesOnly(expression)) return expression;
  try {
    return truth(toPredicate(expression)(NO_REQUEST));
  } catch {
    return expression;
  }
}

function reckonedNumber(expression: NumberExpression): NumberExpression {
  if (!hasValuesOnly(expression)) return expression;
  try {
    return { kind: 'number', value: String(toNumber(expression, toPredicate)(NO_REQUEST)) };
  } catch {
    return expression;
  }
}

const VALUES: ReadonlySet<string> = new Set(['text', 'number', 'truth']);

function hasValuesOnly(expression: Expression): boolean {
  return partsOf(expression).every(({ kind }) => VALUES.has(kind));
}

function truth(value: boolean): TruthExpression {
  return { kind: 'truth', value };
}

function labelsOf(of: 'group.labels' | 'route.labels', ground: Ground): Labels {
  return of === 'group.labels' ? ground.group.labels : ground.route.labels;
}

const NOTHING = { get: () => undefined, has: () => false, hasPrefix: () => false, entries: () => [] };

/** Nothing that is reckoned out here reads a request. */
const NO_REQUEST: ConditionInputs = {
  consumer: undefined,
  request: {
    protocol: 'HTTP/1.1',
    method: '',
    scheme: 'http',
    host: '',
    path: '',
    query: '',
    headers: NOTHING,
    hasBody: false,
    clientAddress: '',
  },
};
