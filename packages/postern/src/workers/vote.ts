import { setTimeout as delay } from 'node:timers/promises';
import { documentIssue } from '@postern/control';
import type { Candidate, Issue } from '@postern/model';
import { abandonIn, prepareIn } from './load.ts';
import { MOST_DEATHS } from './trial.ts';
import type { Trial } from './trial.ts';
import type { WorkerProcess } from './worker-process.ts';

/** What a vote needs: who may vote now, and which documents workers died of. */
export interface Voters {
  /** Workers that can take a document. */
  present(): readonly WorkerProcess[];
  readonly trial: Trial;
}

/** What came of it: every worker that is left holds the candidate, or none does. */
export type Voted =
  | { readonly kind: 'held'; readonly workers: readonly WorkerProcess[]; readonly warnings: readonly Issue[] }
  | { readonly kind: 'refused'; readonly issues: readonly Issue[] };

/** Milliseconds to wait for a worker that serves nothing yet, once the candidate has ended one. */
const SPARE_PATIENCE = 10_000;
/** Milliseconds to wait for any worker at all. */
const PATIENCE = 60_000;
const LOOK = 20;

/**
 * Has every worker prepare a candidate: one first, so that a document which ends processes ends one at a time, then all
 * others at once. One that refuses it refuses it for all; one that dies of it has no vote, but the death counts.
 */
export async function vote(candidate: Candidate, voters: Voters): Promise<Voted> {
  for (;;) {
    if (voters.trial.isDeadly(candidate.digest)) return { kind: 'refused', issues: [deadlyIssue(candidate)] };
    const first = await findFirst(candidate, voters);
    if (first === undefined) return { kind: 'refused', issues: [nobodyIssue(candidate)] };
    const said = await prepareIn(first, candidate);
    if (said.kind === 'gone') continue;
    if (said.kind === 'refused') return said;
    const others = voters.present().filter((worker) => worker !== first);
    const all = await Promise.all(others.map(async (worker) => ({ worker, said: await prepareIn(worker, candidate) })));
    const holders = [first, ...all.flatMap((one) => (one.said.kind === 'prepared' ? [one.worker] : []))];
    const refusals = all.flatMap((one) => (one.said.kind === 'refused' ? one.said.issues : []));
    const left = holders.filter(({ isGone }) => !isGone);
    if (refusals.length === 0 && left.length > 0 && !voters.trial.isDeadly(candidate.digest))
      return { kind: 'held', workers: left, warnings: said.warnings };
    await Promise.all(left.map(abandonIn));
    if (refusals.length > 0) return { kind: 'refused', issues: unique(refusals) };
  }
}

/** Whom to ask first: after a death somebody without requests in flight, for as long as there is a hope of one. */
async function findFirst({ digest }: Candidate, voters: Voters): Promise<WorkerProcess | undefined> {
  const begun = performance.now();
  for (;;) {
    const workers = voters.present();
    const spare = workers.find(({ isOpen }) => !isOpen);
    if (spare !== undefined) return spare;
    const waited = performance.now() - begun;
    if (workers.length > 0 && (voters.trial.deathsOf(digest) === 0 || waited > SPARE_PATIENCE)) return workers.at(-1);
    if (waited > PATIENCE) return undefined;
    await delay(LOOK);
  }
}

/** The issue for a document that workers died of. */
export function deadlyIssue({ document: { origin } }: Candidate): Issue {
  return documentIssue({
    severity: 'error',
    code: 'server/deadly',
    origin,
    message: `${MOST_DEATHS} workers died while this document was new: it is not loaded again`,
    fix: 'change the document; the log says how each of them ended. To try this one all the same, restart the gateway',
  });
}

function nobodyIssue({ document: { origin } }: Candidate): Issue {
  return documentIssue({
    severity: 'error',
    code: 'server/no-worker',
    origin,
    message: `no worker was there to take the document within ${PATIENCE / 1000} s`,
    fix: 'see in the log what the workers die of, then bring the document again',
  });
}

/** What several workers say is said once. */
function unique(issues: readonly Issue[]): readonly Issue[] {
  return [...new Map(issues.map((issue) => [JSON.stringify(issue), issue])).values()];
}
