import type { Candidate, Plugin, Result } from '@postern/model';
import { compileSnapshot } from './compile.ts';
import { Sharing } from './sharing.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * Compiles a document for rehearsals: its policies share no instance, no kept state, no counter and no log with those that
 * serve, so nothing that runs on this snapshot can be seen outside. A policy begins with empty state (a rate limit with
 * full buckets), and what a plugin opens when it is compiled is opened once more. `retire` the snapshot to close them.
 * Yields as `compileSnapshot` does. `previous`: a snapshot whose trees are taken over where groups are the same.
 */
export function* compileApart(
  candidate: Candidate,
  plugins: ReadonlyMap<string, Plugin>,
  previous?: Snapshot,
): Generator<undefined, Result<Snapshot>, undefined> {
  return yield* compileSnapshot(candidate, { plugins, sharing: new Sharing(SILENT), previous });
}

const nothing = (): void => undefined;

const SILENT = {
  counter: () => nothing,
  outcomes: () => ({ refused: nothing, responded: nothing, failed: nothing }),
  write: nothing,
};
