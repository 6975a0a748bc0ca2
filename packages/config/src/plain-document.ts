import type { Result, SourceText } from '@postern/model';
import { refuses } from '@postern/model';
import { parse } from './parse.ts';
import { toPlain } from './plain.ts';

/**
 * The values of a document as they are written, for programs that compare documents: references stay the texts that they
 * are, nothing is checked beyond the syntax. Pure.
 */
export function plainDocument(source: SourceText): Result<unknown> {
  const { tree, issues } = parse(source);
  if (tree === undefined || refuses(issues)) return { kind: 'refused', issues };
  return { kind: 'accepted', value: toPlain(tree.root, new Map()), warnings: issues };
}
