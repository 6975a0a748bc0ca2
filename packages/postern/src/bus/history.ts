import { say, tame } from '../terminal.ts';
import type { ExitCode } from '../terminal.ts';
import { alignColumns } from '../table.ts';
import type { BusFlags } from './flags.ts';
import { CommandFailed, withSession } from './session.ts';
import { toStored } from './stored.ts';
import type { Stored } from './stored.ts';

/** `postern history`: the revisions that the bucket still has, newest first. */
export async function historyCommand(flags: BusFlags): Promise<ExitCode> {
  return withSession(flags, async ({ bucket, subject }) => {
    const revisions = (await bucket.history(subject)).map(toStored).toReversed();
    if (flags.json) {
      say(JSON.stringify(revisions.map(toRow), undefined, 2));
      return 0;
    }
    if (revisions.length === 0)
      throw new CommandFailed(
        `bucket ${bucket.name} has no ${subject}`,
        'name the fleet with --key, or publish a document with postern push',
      );
    const head = ['REVISION', 'WHEN', 'WHO', 'DIGEST', 'SIGNED BY', 'MESSAGE'];
    say(alignColumns([head, ...revisions.map(toCells)]).join('\n'));
    return 0;
  });
}

/** A revision as data: a contract with other programs. */
export interface HistoryRow {
  readonly revision: number;
  readonly at: string;
  readonly author: string | null;
  readonly message: string | null;
  /** Null when there is no document: the key was deleted, or somebody put something else. */
  readonly digest: string | null;
  readonly operation: Stored['operation'];
  /** Key of the signature, which only nodes verify. */
  readonly signedBy: string | null;
}

/** A revision as data. Pure. */
export function toRow({ revision, at, author, message, digest, operation, envelope }: Stored): HistoryRow {
  const signedBy = envelope?.keyId ?? null;
  return {
    revision,
    at,
    author: author ?? null,
    message: message ?? null,
    digest: digest ?? null,
    operation,
    signedBy,
  };
}

function toCells({ revision, at, author, message, digest, operation, envelope }: Stored): readonly string[] {
  const what = operation === 'put' ? (digest?.slice(0, 12) ?? 'no document') : operation;
  const text = message === undefined ? '' : tame(message);
  return [String(revision), at, author === undefined ? '-' : tame(author), what, tame(envelope?.keyId ?? '-'), text];
}
