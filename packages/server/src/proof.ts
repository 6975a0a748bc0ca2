import { requireIssues, runPolicyTests } from '@postern/engine';
import type { Runtime, Snapshot } from '@postern/engine';
import type { Candidate, Issue, Plugin, Requirement } from '@postern/model';
import { refuses } from '@postern/model';
import { slicer } from './drive.ts';

/** Milliseconds that the tests of a document have together. */
const TESTS = 2000;

/** What a candidate has to prove itself against, beside its own invariants and tests. */
export interface Proof {
  readonly plugins: ReadonlyMap<string, Plugin>;
  /** Invariants of the server section: read once, so that no later document takes one away. */
  readonly require: readonly Requirement[];
  readonly runtime: Runtime;
}

/** Stage 3: holds a compiled candidate against the invariants, then runs its tests, in slices. Changes nothing. */
export async function prove(candidate: Candidate, snapshot: Snapshot, proof: Proof): Promise<readonly Issue[]> {
  const { plugins, require, runtime } = proof;
  const issues = requireIssues(candidate.document, snapshot, require);
  if (refuses(issues)) return issues;
  const after: Runtime['after'] = (milliseconds, late) => runtime.after(milliseconds, late);
  const tests = await runPolicyTests(candidate, { plugins, snapshot, after, pause: slicer(), deadline: TESTS });
  return [...issues, ...tests.issues];
}
