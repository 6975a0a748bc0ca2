import { builtinPlugins } from '../plugins.ts';
import { readDocument as readFile, stage } from '../stages.ts';
import { complain, formatIssues, summary } from '../terminal.ts';
import type { ExitCode } from '../terminal.ts';
import { checkStored } from './check-stored.ts';
import { printDifference } from './difference.ts';
import type { Side } from './difference.ts';
import type { BusFlags } from './flags.ts';
import { withSession } from './session.ts';
import type { Session } from './session.ts';
import { readDocument } from './stored.ts';

/** One side as the command line names it: a file, or a revision on the bus, by default the newest. */
export type Named =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'revision'; readonly revision: number | undefined };

/** The words of `postern diff A [B]`: a number is a revision, all else a file. Pure. */
export function namedBy(word: string | undefined): Named {
  if (word === undefined) return { kind: 'revision', revision: undefined };
  return /^\d+$/.test(word) ? { kind: 'revision', revision: Number(word) } : { kind: 'file', file: word };
}

/** `postern diff`: what changes from one document to another, and for whom; the bus is asked only for revisions. */
export async function diffCommand(from: Named, to: Named, flags: BusFlags): Promise<ExitCode> {
  const compare = async (session: Session | undefined): Promise<ExitCode> => {
    const [one, other] = [await sideOf(from, session), await sideOf(to, session)];
    if (one === undefined || other === undefined) return 1;
    printDifference(one, other, flags.json);
    return 0;
  };
  return from.kind === 'file' && to.kind === 'file' ? compare(undefined) : withSession(flags, compare);
}

async function sideOf(named: Named, session: Session | undefined): Promise<Side | undefined> {
  if (named.kind === 'file') return fileSide(named.file);
  if (session === undefined) return undefined;
  const { text, revision } = await readDocument(session, named.revision);
  const origin = `${session.subject}@${revision}`;
  return { origin, text, document: await checkStored({ text, origin, revision }, undefined) };
}

async function fileSide(file: string): Promise<Side | undefined> {
  const read = await readFile(file);
  const staged = read.kind === 'refused' ? read : await stage(read.source, { plugins: builtinPlugins });
  if (read.kind === 'refused' || staged.kind === 'refused') {
    const issues = staged.kind === 'refused' ? staged.issues : [];
    complain(`${formatIssues(issues)}\n${summary(file, issues)}`);
    return undefined;
  }
  staged.close();
  return { origin: file, text: read.source.text, document: staged.document };
}
