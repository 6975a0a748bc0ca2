import { partsOf } from '@postern/control';
import type { Candidate } from '@postern/model';
import type { PreparedThere } from './calls.ts';
import { Gone } from './channel.ts';
import type { WorkerProcess } from './worker-process.ts';

/** What became of a candidate in a worker; `gone`: the process ended before it said so. */
export type Said = PreparedThere | { readonly kind: 'gone' };

/** Gives a candidate to a worker, part by part, and has it compile and prove it. What is served there stays. */
export async function prepareIn(worker: WorkerProcess, candidate: Candidate): Promise<Said> {
  const { revision, digest, document } = candidate;
  worker.preparing = digest;
  return orGone(worker, async () => {
    for (const part of partsOf(document)) await worker.channel.ask('take', part);
    const said = await worker.channel.ask('prepare', { revision, digest });
    if (said.kind === 'refused') worker.preparing = undefined;
    return said;
  });
}

/** Has a worker swap to what it has prepared. A process that ends meanwhile is somebody else's to replace. */
export async function commitIn(worker: WorkerProcess, { revision, digest }: Candidate): Promise<void> {
  await orGone(worker, async () => {
    await worker.channel.ask('commit', undefined);
    worker.preparing = undefined;
    worker.serving = { revision, digest };
    return undefined;
  });
}

/** Has a worker forget what it has prepared. */
export async function abandonIn(worker: WorkerProcess): Promise<void> {
  await orGone(worker, async () => {
    await worker.channel.ask('abandon', undefined);
    worker.preparing = undefined;
    return undefined;
  });
}

async function orGone<Value>(
  worker: WorkerProcess,
  asked: () => Promise<Value>,
): Promise<Value | { readonly kind: 'gone' }> {
  try {
    return await asked();
  } catch (error) {
    if (!(error instanceof Gone)) throw error;
    // The channel ends a moment before the process: by then its death is counted.
    await worker.gone;
    return { kind: 'gone' };
  }
}
