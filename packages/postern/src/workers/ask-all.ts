import { setTimeout as delay } from 'node:timers/promises';
import type { WorkerProcess } from './worker-process.ts';

/** Milliseconds that an answer about all workers waits for one of them: it may be blocked, and is then about to be ended. */
const PATIENCE = 2000;

/** Asks several workers the same and gives the answers that came in time. */
export type AskAll = <Answer>(
  workers: readonly WorkerProcess[],
  ask: (worker: WorkerProcess) => Promise<Answer>,
) => Promise<readonly Answer[]>;

/** Asks all at once. Rejects never: a worker that is gone or late is left out. */
export const askAll: AskAll = async (workers, ask) => {
  const ending = new AbortController();
  const late = delay(PATIENCE, [], { signal: ending.signal }).catch(() => []);
  const answers = workers.map(async (worker) =>
    ask(worker).then(
      (answer) => [answer],
      () => [],
    ),
  );
  const inTime = await Promise.all(answers.map((answer) => Promise.race([answer, late])));
  ending.abort();
  return inTime.flat();
};
