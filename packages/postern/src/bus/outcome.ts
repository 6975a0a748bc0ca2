import { say } from '../terminal.ts';
import type { ExitCode } from '../terminal.ts';
import type { Change } from './changes.ts';
import { describeAnswer } from './describe.ts';
import type { PublishFlags } from './flags.ts';
import { openNodes } from './fleet.ts';
import type { PlanChange } from './plan-changes.ts';
import { openProgress } from './progress.ts';
import type { Session } from './session.ts';
import { waitForFleet } from './wait.ts';
import type { Published, Waiting } from './wait.ts';

/** What a publication changes: in the document, and in what runs where. */
export interface Difference {
  readonly changes: readonly Change[];
  readonly plan: readonly PlanChange[];
}

/** How a wait for the fleet ended. */
interface Outcome {
  readonly state: 'accepted' | 'refused' | 'late' | 'no-nodes' | 'not-waited';
  readonly text: string;
}

/** Waits for the fleet, shows who says what, and ends with what that means: 0 when nobody minds, 1 otherwise. */
export async function reportOutcome(
  session: Session,
  published: Published & Difference,
  flags: PublishFlags,
): Promise<ExitCode> {
  const progress = openProgress(flags.json);
  let last: Waiting | undefined;
  if (flags.wait > 0) {
    const nodes = await openNodes(session);
    for await (last of waitForFleet(session, { nodes, published }, AbortSignal.timeout(flags.wait))) {
      const { answer, pending } = last;
      if (answer !== undefined)
        progress.answered(describeAnswer(answer, published.revision), answer.state === 'accepted');
      if (last.away) progress.waiting(`${AWAY}; it is waited for`);
      else if (pending.size > 0) progress.waiting(`waiting for ${[...pending].toSorted().join(', ')}`);
    }
  }
  const outcome = outcomeOf(last, published.revision, flags.wait);
  const good = outcome.state !== 'refused' && outcome.state !== 'late';
  progress.end(outcome.text, good);
  if (flags.json) say(JSON.stringify(toJson(session, published, { outcome, last }), undefined, 2));
  return good ? 0 : 1;
}

function outcomeOf(last: Waiting | undefined, revision: number, wait: number): Outcome {
  if (wait === 0) return { state: 'not-waited', text: 'nobody was waited for' };
  if (last === undefined || (last.away && last.answers.size + last.pending.size === 0))
    return {
      state: 'late',
      text: `${AWAY}: within ${wait / 1000} s nobody was heard of revision ${revision}\n  ${LATE}`,
    };
  const answers = [...last.answers.values()];
  const refused = answers.filter(({ state }) => state === 'refused').length;
  const total = answers.length + last.pending.size;
  if (total === 0)
    return { state: 'no-nodes', text: 'no node listens: the first one that does will read this revision' };
  const accepted = `${answers.length - refused} of ${count(total)} accepted revision ${revision}`;
  if (last.pending.size > 0) {
    const silent = `${[...last.pending].toSorted().join(', ')} said nothing within ${wait / 1000} s`;
    return { state: 'late', text: `${accepted}; ${silent}${last.away ? `, and ${AWAY}` : ''}\n  ${LATE}` };
  }
  if (refused === 0) return { state: 'accepted', text: accepted };
  const kept = 'who refused goes on with what it served before';
  return { state: 'refused', text: `${accepted}, ${refused} refused it; ${kept}` };
}

const AWAY = 'the server is out of reach';
const LATE = 'fix: see postern status, or wait longer with --wait';

function count(nodes: number): string {
  return nodes === 1 ? '1 node' : `${nodes} nodes`;
}

function toJson(
  { key }: Session,
  { revision, digest, changes, plan }: Published & Difference,
  { outcome, last }: { readonly outcome: Outcome; readonly last: Waiting | undefined },
): unknown {
  const nodes = [...(last?.answers.values() ?? [])];
  const silent = [...(last?.pending ?? [])].toSorted();
  return { key, revision, digest, state: outcome.state, nodes, silent, changes, plan };
}
