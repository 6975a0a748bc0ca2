import type { Bucket } from '@postern/source-nats';
import { nodesOf, readFleet } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import { looks } from './looks.ts';
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
  /** The server is out of reach. */
  readonly away: boolean;
}

/** What has been collected so far. */
interface Standing {
  readonly answers: Map<string, Report>;
  readonly pending: Set<string>;
  readonly published: Published;
}

/**
 * Waits until every node that is there has answered to what was published, and yields how it stands: at the start, after
 * each answer, and when a node or the server comes or goes. Ends with the last answer, or with the signal, also while the
 * server is out of reach. A node that has gone on to a later revision has answered too: somebody published again.
 */
export async function* waitForFleet(
  session: Session,
  { nodes, published }: { readonly nodes: Bucket | undefined; readonly published: Published },
  signal: AbortSignal,
): AsyncIterable<Waiting> {
  const answers = new Map<string, Report>();
  const pending = new Set<string>();
  const { bus, key } = session;
  const watched = nodes === undefined ? [] : [{ bucket: nodes, key: nodesOf(key) }];
  let stood: string | undefined;
  for await (const look of looks({ bus, watched, look: () => readFleet(session, nodes) }, signal)) {
    const away = look.kind === 'away';
    const news = away ? [] : take(look.seen, { answers, pending, published });
    for (const answer of news) yield { answer, answers, pending, away };
    const stands = `${away} ${[...pending].join(' ')}`;
    if (news.length === 0 && stands !== stood) yield { answer: undefined, answers, pending, away };
    stood = stands;
    if (!away && pending.size === 0) return;
  }
}

/** Sorts what the nodes said last into answers and who is still to give one; returns the answers that are new. */
function take({ heard: fleet, left }: Fleet, { answers, pending, published }: Standing): readonly Report[] {
  const news: Report[] = [];
  for (const heard of fleet.values()) {
    const { report } = heard;
    if (isAnswer(heard, published)) {
      const before = answers.get(report.node);
      answers.set(report.node, report);
      pending.delete(report.node);
      if (before?.revision !== report.revision || before.state !== report.state) news.push(report);
    } else if (!answers.has(report.node) && isAlive(heard, published.at)) pending.add(report.node);
  }
  for (const node of left) pending.delete(node);
  return news;
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
