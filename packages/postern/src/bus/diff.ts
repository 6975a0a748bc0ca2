import { complain, say } from '../terminal.ts';
import type { ExitCode } from '../terminal.ts';
import { changesBetween } from './changes.ts';
import { describeChanges } from './describe.ts';
import type { BusFlags } from './flags.ts';
import { withSession } from './session.ts';
import { readDocument } from './stored.ts';
import { valuesOf } from './values.ts';

/** `postern diff`: what changed from one revision to another, default the newest. */
export async function diffCommand(
  revisions: { readonly from: number; readonly to: number | undefined },
  flags: BusFlags,
): Promise<ExitCode> {
  return withSession(flags, async (session) => {
    const from = await readDocument(session, revisions.from);
    const to = await readDocument(session, revisions.to);
    const { subject } = session;
    const changes = changesBetween(
      valuesOf(from.text, `${subject}@${from.revision}`),
      valuesOf(to.text, `${subject}@${to.revision}`),
    );
    if (flags.json) say(JSON.stringify(changes, undefined, 2));
    else if (changes.length > 0) say(describeChanges(changes));
    complain(`${subject}@${from.revision} to ${subject}@${to.revision}: ${count(changes.length)}`);
    return 0;
  });
}

function count(changes: number): string {
  if (changes === 0) return 'no change';
  return changes === 1 ? '1 change' : `${changes} changes`;
}
