import type { ASTNode } from '@marcbachmann/cel-js';
import type { EntryOf, Expression, TextExpression, TruthExpression } from '@postern/model';
import type { Problem } from './problem.ts';

/** A walk over the tree of one condition, as those who lower its calls see it. */
export interface Walk {
  /** Variables of loops being written out, with the element each stands for. */
  readonly scope: Map<string, Expression>;
  /** Patterns so far. */
  patterns: number;
  /** False once the expression is larger than it may be: writing loops out can end there. */
  readonly fits: boolean;
  /** Any node. After a problem a stand-in of some type: only the problems count then. */
  lower(node: ASTNode): Expression;
  /** A node that must give a text. */
  textOf(node: ASTNode): TextExpression;
  /** A node that must be true or false. */
  truth(node: ASTNode): TruthExpression;
  /** `request.headers`, `group.labels`, ...: what is read by name; undefined for anything else. */
  mapOf(node: ASTNode): EntryOf | undefined;
  refuse(problem: Problem): TruthExpression;
}
