import type { Condition, Path, Place, TruthExpression } from '@postern/model';
import { NOWHERE, fold, readsGround } from './condition/fold.ts';
import { readCondition } from './condition/read.ts';
import type { Problem } from './condition/problem.ts';
import type { Inspection } from './inspection.ts';
import { placeOf, remark } from './inspection.ts';
import { quoted } from './quote.ts';
import { offsetInScalar } from './scalar-offset.ts';
import type { ScalarNode } from './tree.ts';
import { nodeAt, placeOfOffset, pointerOf } from './tree.ts';

/** A condition as the document has it: its text, where, and the plugins of the policies that it is for. */
export interface ConditionText {
  readonly text: string | undefined;
  readonly path: Path;
  readonly plugins: readonly string[];
}

/**
 * Reads the condition at a path: parsed, type-checked, bounded; problems become issues that point into the text. Undefined
 * when there is none, or none that can be read: then an issue says so.
 */
export function conditionAt(inspection: Inspection, { text, path, plugins }: ConditionText): Condition | undefined {
  const node = nodeAt(inspection.tree, path);
  if (text === undefined || text === '' || node?.kind !== 'scalar') return undefined;
  if (!standsAsWritten(inspection, node, path)) return undefined;
  checkPreflight(inspection, path, plugins);
  const read = readCondition(text);
  if (read.kind === 'wrong') {
    for (const problem of read.problems) remarkInside(inspection, path, { problem, node });
    return undefined;
  }
  return { text, place: placeOf(inspection, path), pointer: pointerOf(path), expression: settled(read.expression) };
}

/** What differs from place to place is settled for each; the rest once, so that all places share it. */
function settled(expression: TruthExpression): TruthExpression {
  return readsGround(expression) ? expression : fold(expression, { group: NOWHERE, route: NOWHERE });
}

/** A condition is code, and is checked where it is written: what only a node knows cannot be a part of it. */
function standsAsWritten(inspection: Inspection, node: ScalarNode, path: Path): boolean {
  const reference = inspection.references.get(node);
  if (reference === undefined || reference.source.replaceAll('$${', '${') === reference.text) return true;
  remark(inspection, path, {
    code: 'conditions/reference',
    message: 'a condition cannot hold a reference: it is checked before any node has a value for it',
    fix: 'write the value itself, or condition on a label and set the label per environment',
  });
  return false;
}

/** A preflight is answered before any policy runs: a condition would be asked too late, or differ from the request's. */
function checkPreflight(inspection: Inspection, path: Path, plugins: readonly string[]): void {
  const plugin = plugins.find((name) => inspection.known.plugins.get(name)?.preflight === true);
  if (plugin === undefined) return;
  remark(inspection, path, {
    code: 'conditions/on-preflight',
    message: `a ${plugin} policy answers preflights, which must not depend on a condition`,
    fix: `attach another ${plugin} policy to the routes that need one; the narrowest counts`,
  });
}

function remarkInside(
  inspection: Inspection,
  path: Path,
  { problem, node }: { readonly problem: Problem; readonly node: ScalarNode },
): void {
  const { at, code, message, fix } = problem;
  const text = String(node.value);
  const inside = offsetInScalar(inspection.tree.text, node.at, text);
  const place: Place = placeOfOffset(inspection.tree, inside?.(at) ?? node.at);
  const where = inside === undefined ? ` (at character ${at + 1} of ${quoted(text)})` : '';
  remark(inspection, path, { code, message: `${message}${where}`, fix, place });
}
