import type { Bucket } from '@postern/source-nats';
import { listen, readFleet } from './fleet.ts';
import { isAlive } from './reports.ts';
import type { Heard, Report } from './reports.ts';
import type { Session } from './session.ts';

/** What was published, and when by the server's clock. */
export interface Published {
  readonly revision: number;
  readonly digest: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** How the wait stands. */
export interface Waiting {
  /** What the node said that moved things; undefined at the start. */
  readonly answer: Report | undefined;
  readonly answers: ReadonlyMap<string, Report>;
  /** Nodes that are there and have not answered. */
  readonly pending: ReadonlySet<string>;
}

/**
 * Waits until every node that is there has answered to what was published, and yields how it stands: at the start, after
 * each answer, and when a node comes or goes. Ends with the last answer, or with the signal. A node that has gone on to a
 * later revision has answered too: somebody published again.
 */
export async function* waitForFleet(
  session: Session,
  { nodes, published }: { readonly nodes: Bucket | undefined; readonly published: Published },
  signal: AbortSignal,
): AsyncIterable<Waiting> {
  const answers = new Map<string, Report>();
  const pending = new Set<string>();
  const take = (heard: Heard): Report | undefined => {
    const { report } = heard;
    if (isAnswer(heard, published)) {
      const before = answers.get(report.node);
      answers.set(report.node, report);
      pending.delete(report.node);
      return before?.revision === report.revision && before.state === report.state ? undefined : report;
    }
    if (!answers.has(report.node) && isAlive(heard, published.at)) pending.add(report.node);
    return undefined;
  };
  for (const heard of (await readFleet(session, nodes)).values()) take(heard);
  for (const answer of answers.values()) yield { answer, answers, pending };
  if (answers.size === 0) yield { answer: undefined, answers, pending };
  if (nodes === undefined || pending.size === 0) return;
  for await (const { node, heard } of listen(session, nodes, signal)) {
    const left = heard === undefined && pending.delete(node);
    const before = pending.size;
    const answer = heard && take(heard);
    if (left || answer !== undefined || pending.size !== before) yield { answer, answers, pending };
    if (pending.size === 0) return;
  }
}

/**
 * Older words do not count, whatever number they name: the bucket may have been made anew since. A node that serves this
 * very document already may see nothing to answer to.
 */
function isAnswer({ report, at }: Heard, published: Published): boolean {
  if (at < published.at) return false;
  const serves = report.state === 'accepted' && report.digest === published.digest;
  return serves || (report.state !== null && (report.revision ?? 0) >= published.revision);
}
