import { hostname, userInfo } from 'node:os';
import type { KeyObject } from 'node:crypto';
import { digestOf } from '@postern/control';
import type { SourceText } from '@postern/model';
import { complain, say } from '../terminal.ts';
import type { ExitCode } from '../terminal.ts';
import { changesBetween } from './changes.ts';
import { describeChanges } from './describe.ts';
import type { PublishFlags } from './flags.ts';
import { reportOutcome } from './outcome.ts';
import type { Difference } from './outcome.ts';
import { describePlan } from './plan-changes.ts';
import type { PlanChange } from './plan-changes.ts';
import { CommandFailed } from './session.ts';
import type { Session } from './session.ts';
import { toValue } from './signer.ts';
import { AUTHOR, MESSAGE, readNewest } from './stored.ts';
import type { Stored } from './stored.ts';
import { valuesOf } from './values.ts';

/** A document that is about to be published. */
export interface Publication {
  readonly text: Uint8Array;
  readonly message: string | undefined;
  readonly signer: KeyObject | undefined;
  /** What it changes about what runs where; absent: that cannot be told here. */
  readonly plan?: (before: SourceText) => Promise<readonly PlanChange[]>;
}

/**
 * Publishes a document as the next revision, if the newest is still the one that it was compared with, says what that
 * changes, and waits for the fleet.
 */
export async function publish(session: Session, publication: Publication, flags: PublishFlags): Promise<ExitCode> {
  const newest = await readNewest(session);
  const expect = newest?.revision ?? 0;
  if (flags.expectRevision !== undefined && flags.expectRevision !== expect)
    throw new CommandFailed(moved(session, newest, flags.expectRevision), MOVED_FIX);
  const { text, signer, message } = publication;
  if (signer === undefined && newest?.envelope !== undefined)
    complain(`postern: ${session.subject}@${expect} is signed and this is not: nodes with trustedKeys will refuse it`);
  const changes = changesBetween(valuesOf(newest?.text, session.subject), valuesOf(text, 'the document'));
  const before = newest?.text && { text: newest.text, origin: session.subject, revision: newest.revision };
  const plan = (before && (await publication.plan?.(before))) ?? [];
  const value = toValue(text, signer, { session, newest });
  const headers = {
    [AUTHOR]: headerText(flags.author ?? whoami()),
    ...(message && { [MESSAGE]: headerText(message) }),
  };
  const revision = await session.bucket.put(session.subject, value, { expect, headers });
  if (!flags.json) say(announcement(`${session.subject}@${revision}`, newest, { changes, plan }));
  const stored = await session.bucket.get(session.subject, revision);
  // Who has published again since may have left nothing of it; then any word of a node may be an answer.
  const at = stored === undefined ? 0 : Date.parse(stored.at);
  return reportOutcome(session, { revision, digest: digestOf({ text }), at, changes, plan }, flags);
}

const MOVED_FIX = 'see what came in between with postern history, then push again with the revision it shows';

function moved({ subject }: Session, newest: Stored | undefined, expected: number): string {
  const is = newest === undefined ? 'there is none' : `the newest is ${newest.revision}`;
  return `${subject} was expected at revision ${expected}, and ${is}`;
}

function announcement(published: string, newest: Stored | undefined, { changes, plan }: Difference): string {
  if (newest?.text === undefined) return `${published} is published, the first document`;
  const head = `${published} is published; since revision ${newest.revision} it`;
  if (changes.length === 0) return `${head} changes nothing`;
  return [`${head} changes`, describeChanges(changes), ...(plan.length === 0 ? [] : [describePlan(plan)])].join('\n');
}

/** A header is one line. */
function headerText(text: string): string {
  return text.replaceAll(/[\p{Cc}]+/gu, ' ').trim();
}

function whoami(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // A container may run as a number that has no name.
    return `${process.getuid?.() ?? 'somebody'}@${hostname()}`;
  }
}
