import type { Expression, NumberExpression, TextExpression, TruthExpression } from '@postern/model';

const TEXTS: ReadonlySet<string> = new Set(['text', 'request', 'name', 'entry', 'case', 'choose-text']);
const NUMBERS: ReadonlySet<string> = new Set(['number', 'int', 'size', 'negative', 'arithmetic', 'choose-number']);

/** Whether an expression gives a text. */
export function isText(expression: Expression): expression is TextExpression {
  return TEXTS.has(expression.kind);
}

/** Whether an expression gives a number. */
export function isNumber(expression: Expression): expression is NumberExpression {
  return NUMBERS.has(expression.kind);
}

/** Whether an expression is true or false. */
export function isTruth(expression: Expression): expression is TruthExpression {
  return !isText(expression) && !isNumber(expression);
}

/** How to compare a claim, which reads as a text, with a number or a truth; undefined where no claim is among the two. */
export function claimMend(left: Expression, right: Expression): string | undefined {
  const claim = [left, right].find((side) => side.kind === 'entry' && side.of === 'claims');
  if (claim === undefined) return undefined;
  if (isNumber(left) || isNumber(right)) return 'a claim reads as a text: int(claims.level) is its number';
  return "a claim reads as a text: put true or false in quotes, as in claims.admin == 'true'";
}

/** A list of truths as one, balanced so that it is no deeper than it must be. */
export function joined(kind: 'and' | 'or', all: readonly TruthExpression[]): TruthExpression {
  const [only] = all;
  if (only === undefined) return { kind: 'truth', value: kind === 'and' };
  if (all.length === 1) return only;
  const middle = all.length >> 1;
  return { kind, left: joined(kind, all.slice(0, middle)), right: joined(kind, all.slice(middle)) };
}
