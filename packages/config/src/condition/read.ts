import { ParseError } from '@marcbachmann/cel-js';
import type { Expression, TextExpression, TruthExpression } from '@postern/model';
import { explain } from './explain.ts';
import { isText, isTruth } from './kinds.ts';
import { Lowering } from './lower.ts';
import { MAX_TEXT, environment } from './names.ts';
import type { Problem } from './problem.ts';

/** A condition that can be evaluated, or everything that is wrong with its text. */
export type Read<Kind extends Expression = TruthExpression> =
  | { readonly kind: 'read'; readonly expression: Kind }
  | { readonly kind: 'wrong'; readonly problems: readonly Problem[] };

/**
 * Reads the text of a condition: CEL parsed, every name and type checked, what has no bound on its cost refused. Pure.
 *
 * @example
 * readCondition("request.method == 'POST'"); // { kind: 'read', expression: { kind: 'compare-text', ... } }
 */
export function readCondition(text: string): Read {
  const read = readAny(text);
  if (read.kind === 'wrong') return read;
  if (isTruth(read.expression)) return { kind: 'read', expression: read.expression };
  const message = `the condition gives ${isText(read.expression) ? 'a text' : 'a number'}, not true or false`;
  return wrong({ at: 0, code: 'conditions/type', message, fix: 'compare it with something: ==, !=, <, in' });
}

/** The same for an expression that gives a text. Pure. */
export function readText(text: string): Read<TextExpression> {
  const read = readAny(text);
  if (read.kind === 'wrong') return read;
  if (isText(read.expression)) return { kind: 'read', expression: read.expression };
  const message = `the expression gives ${isTruth(read.expression) ? 'true or false' : 'a number'}, not a text`;
  return wrong({
    at: 0,
    code: 'conditions/type',
    message,
    fix: "choose between texts: request.method == 'GET' ? 'read' : 'write'",
  });
}

function readAny(text: string): Read<Expression> {
  if (text.length > MAX_TEXT) {
    const message = `the condition has ${text.length} characters, ${MAX_TEXT} are the most`;
    return wrong({
      at: 0,
      code: 'conditions/too-large',
      message,
      fix: 'split the policy in two, or condition on a label',
    });
  }
  const parsed = parse(text);
  if (parsed instanceof ParseError) return wrong(explain(parsed, text));
  const checked = parsed.check();
  if (checked.error !== undefined) return wrong(explain(checked.error, text));
  const lowering = new Lowering(text);
  const expression = lowering.lower(parsed.ast);
  if (lowering.problems.length > 0) return { kind: 'wrong', problems: lowering.problems };
  return { kind: 'read', expression };
}

function parse(text: string): ReturnType<typeof environment.parse> | ParseError {
  try {
    return environment.parse(text);
  } catch (error) {
    if (error instanceof ParseError) return error;
    // A text that breaks the parser in another way is a bad text all the same: no input may crash the gateway.
    return new ParseError('it cannot be read as CEL');
  }
}

function wrong(problem: Problem): { readonly kind: 'wrong'; readonly problems: readonly Problem[] } {
  return { kind: 'wrong', problems: [problem] };
}
