import type { CheckedDocument } from '@postern/model';
import { complain, say } from '../terminal.ts';
import { changesBetween } from './changes.ts';
import { describeChanges } from './describe.ts';
import { describePlan, planChanges } from './plan-changes.ts';
import { valuesOf } from './values.ts';

/** A document on one side of a comparison. */
export interface Side {
  /** How people call it: a file, or `config.edge@57`. */
  readonly origin: string;
  readonly text: string | Uint8Array;
  /** Undefined where it is refused here: then only what is written is compared. */
  readonly document: CheckedDocument | undefined;
}

/** Prints what differs between two documents: what is written, and what that changes for whom. */
export function printDifference(from: Side, to: Side, json: boolean): void {
  const changes = changesBetween(valuesOf(from.text, from.origin), valuesOf(to.text, to.origin));
  const compared = from.document !== undefined && to.document !== undefined;
  const plan = compared ? planChanges(from.document, to.document) : [];
  if (json) {
    const kinds = plan.map((change) => ({ kind: 'route' in change ? 'plan' : 'policy', ...change }));
    say(JSON.stringify([...changes, ...kinds], undefined, 2));
  } else {
    if (changes.length > 0) say(describeChanges(changes));
    if (plan.length > 0) say(describePlan(plan));
  }
  const { origin } = from.document === undefined ? from : to;
  if (!compared) complain(`${origin} is refused here: what runs where is not compared; postern check says why`);
  complain(`${from.origin} to ${to.origin}: ${count(changes.length)}`);
}

function count(changes: number): string {
  if (changes === 0) return 'no change';
  return changes === 1 ? '1 change' : `${changes} changes`;
}
